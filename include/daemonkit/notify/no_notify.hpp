// SPDX-License-Identifier: BSL-1.0
// For container runtimes, init scripts and shells, which receive no notifications.
#pragma once

#include "../core/require_cxx20.hpp"

#include "concept.hpp"

namespace daemonkit {

/// NotifyPolicy: notifies no service manager.
struct no_notify
{
    static constexpr bool notifies = false; ///< no line is connected
};

} // namespace daemonkit
