// SPDX-License-Identifier: BSL-1.0
// One fork and a new session. The daemon leads its session, so it acquires a controlling terminal if it opens one
// without O_NOCTTY. It stays a child of the launcher, which suits a launcher that lives on and wants to wait for the
// daemon.
#pragma once

#include "../core/require_cxx20.hpp"

#include "detail/launcher_link.hpp"

namespace daemonkit {

/// ForkPolicy: detaches by one fork.
struct single_fork
{
    /// How long the launcher waits for the daemon to be ready before it ends the daemon.
    std::chrono::nanoseconds deadline = std::chrono::seconds(30);

    static constexpr bool detaches = true; ///< run() runs in another process than start()

    /// In the launcher: makes the daemon, returns in both. Throws startup_error.
    [[nodiscard]] detail::launcher_link detach() const { return {detail::launcher_link::forks::once, deadline}; }
};

} // namespace daemonkit
