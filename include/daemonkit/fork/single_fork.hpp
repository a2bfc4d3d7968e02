// SPDX-License-Identifier: BSL-1.0
// One fork and a new session: the daemon leads its session and could acquire a controlling terminal by opening one
// without O_NOCTTY. It stays the origin's child, which suits an origin that lives on and wants to wait for it.
#pragma once

#include "../core/require_cxx20.hpp"

#include "detail/launcher_link.hpp"

namespace daemonkit {

struct single_fork
{
    /// How long the origin waits for the daemon to be ready before it ends it.
    std::chrono::nanoseconds deadline = std::chrono::seconds(30);

    static constexpr bool detaches = true;

    [[nodiscard]] detail::launcher_link detach() const { return {detail::launcher_link::forks::once, deadline}; }
};

} // namespace daemonkit
