// SPDX-License-Identifier: BSL-1.0
// The daemon stays in the foreground: for containers, service managers (daemon(7), new-style daemons) and debuggers.
#pragma once

#include "../core/require_cxx20.hpp"

#include "concept.hpp"

namespace daemonkit {

/// ForkPolicy: the launcher is the daemon, and start() returns when run() has returned.
struct no_fork
{
    static constexpr bool detaches = false; ///< run() runs in the process of start()
};

} // namespace daemonkit
