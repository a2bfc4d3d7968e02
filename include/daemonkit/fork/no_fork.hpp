// SPDX-License-Identifier: BSL-1.0
// Stays in the foreground: for containers, service managers (daemon(7), new-style daemons) and debuggers.
// start() returns when run() has returned.
#pragma once

#include "../core/require_cxx20.hpp"

#include "concept.hpp"

namespace daemonkit {

struct no_fork
{
    static constexpr bool detaches = false;
};

} // namespace daemonkit
