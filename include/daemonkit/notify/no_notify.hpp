// SPDX-License-Identifier: BSL-1.0
// No service manager is told anything: a container's runtime, an init script or a shell listens to nobody.
#pragma once

#include "../core/require_cxx20.hpp"

#include "concept.hpp"

namespace daemonkit {

struct no_notify
{
    static constexpr bool notifies = false;
};

} // namespace daemonkit
