// SPDX-License-Identifier: BSL-1.0
// Tells the service manager what the daemon does: ready, reloading, stopping, its status, that run() still works. By
// NOTIFY_SOCKET, sd_notify(3), systemd.service(5) Type=notify; or by one newline on a descriptor: s6's notification-fd,
// OpenRC's notify=fd (0.62, before that ready=fd) and dinit's ready-notification. With a ForkPolicy that detaches it is
// the daemon that speaks, with its pid as MAINPID; a manager accepts that where it accepts every process of the service
// (systemd: NotifyAccess=all).
#pragma once

#include "../core/require_cxx20.hpp"

#include "detail/service_line.hpp"

namespace daemonkit {

struct service_notify
{
    /// A descriptor that the process was started with, for one newline when the daemon is ready; -1: none. `run
    /// --ready-fd N` sets it. NOTIFY_SOCKET is taken from the environment.
    int ready_fd = -1;

    static constexpr bool notifies = true;

    [[nodiscard]] detail::service_line connect() const { return detail::service_line(ready_fd); }
};

} // namespace daemonkit
