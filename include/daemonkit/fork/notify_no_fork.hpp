// SPDX-License-Identifier: BSL-1.0
// Stays in the foreground like no_fork, and tells the service manager what becomes of the daemon: ready, reloading,
// stopping, its status, that run() still works. sd_notify(3), systemd.service(5) Type=notify; s6's notification-fd,
// OpenRC's notify=fd (0.62, before that ready=fd) and dinit's ready-notification.
#pragma once

#include "notify_link.hpp"

namespace daemonkit {

struct notify_no_fork
{
    /// A descriptor of whoever started this process, for one newline when the daemon is ready; -1: none. NOTIFY_SOCKET
    /// is found in the environment.
    int ready_fd = -1;

    static constexpr bool detaches = false;

    [[nodiscard]] notify_link detach() const { return notify_link(ready_fd); }
};

} // namespace daemonkit
