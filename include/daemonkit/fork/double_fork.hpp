// SPDX-License-Identifier: BSL-1.0
// fork, setsid, fork: the daemon leads no session, so it can never have a controlling terminal again, and the
// origin is not its parent, so init collects it. daemon(7), SysV daemons, steps 5 to 7.
#pragma once

#include "../core/require_cxx20.hpp"

#include "detail/launcher_link.hpp"

namespace daemonkit {

struct double_fork
{
    /// How long the origin waits for the daemon to be ready before it ends it.
    std::chrono::nanoseconds deadline = std::chrono::seconds(30);

    static constexpr bool detaches = true;

    [[nodiscard]] detail::launcher_link detach() const { return {detail::launcher_link::forks::twice, deadline}; }
};

} // namespace daemonkit
