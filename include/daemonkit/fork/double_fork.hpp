// SPDX-License-Identifier: BSL-1.0
// fork, setsid, fork: the daemon does not lead its session, so it can never acquire a controlling terminal. It is not a
// child of the launcher, so init collects it. daemon(7), SysV daemons, steps 5 to 7.
#pragma once

#include "../core/require_cxx20.hpp"

#include "detail/launcher_link.hpp"

namespace daemonkit {

/// ForkPolicy: detaches by two forks, with an intermediate process between launcher and daemon.
struct double_fork
{
    /// How long the launcher waits for the daemon to be ready before it ends the daemon.
    std::chrono::nanoseconds deadline = std::chrono::seconds(30);

    static constexpr bool detaches = true; ///< run() runs in another process than start()

    /// In the launcher: makes the daemon, returns in both. Throws startup_error.
    [[nodiscard]] detail::launcher_link detach() const { return {detail::launcher_link::forks::twice, deadline}; }
};

} // namespace daemonkit
