// SPDX-License-Identifier: BSL-1.0
// For one binary that runs everywhere: start detaches like double_fork, run stays in the foreground like
// notify_no_fork.
#pragma once

#include "double_fork.hpp"
#include "notify_no_fork.hpp"

namespace daemonkit {

struct notify_double_fork
{
    /// How long the origin waits for the daemon to be ready before it ends it.
    std::chrono::nanoseconds deadline = std::chrono::seconds(30);
    /// As in notify_no_fork.
    int ready_fd = -1;

    static constexpr bool detaches = true;

    [[nodiscard]] origin_link detach() const { return double_fork{deadline}.detach(); }
    [[nodiscard]] notify_no_fork foreground() const noexcept { return {ready_fd}; }
};

} // namespace daemonkit
