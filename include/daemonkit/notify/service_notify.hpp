// SPDX-License-Identifier: BSL-1.0
// Tells the service manager that the daemon is ready, reloads, stops, that run() still works (watchdog), and its
// status.
//
// - NOTIFY_SOCKET: sd_notify(3), systemd.service(5), Type=notify. All of the above.
// - A newline on a descriptor: s6's notification-fd, OpenRC's notify=fd (0.62; before that ready=fd) and dinit's
//   ready-notification. Readiness only.
//
// With a ForkPolicy that detaches, the daemon sends the messages, with its pid as MAINPID. The manager must accept
// messages from every process of the service: NotifyAccess=all in systemd. WATCHDOG_PID is then the launcher's, so the
// daemon sends no pings. A `start` from inside another such service speaks to the manager of that service: unset
// NOTIFY_SOCKET there.
#pragma once

#include "../core/require_cxx20.hpp"

#include "detail/service_line.hpp"

namespace daemonkit {

/// NotifyPolicy: notifies the service manager that started the process, if there is one.
struct service_notify
{
    /// A descriptor that the manager passed, for one newline when the daemon is ready; -1: none. Set by
    /// `run --ready-fd N`. NOTIFY_SOCKET is read from the environment.
    int ready_fd = -1;

    static constexpr bool notifies = true; ///< a service manager is told about the daemon

    /// In the daemon: takes NOTIFY_SOCKET and WATCHDOG_* out of the environment. Throws startup_error.
    [[nodiscard]] detail::service_line connect() const { return detail::service_line(ready_fd); }
};

} // namespace daemonkit
