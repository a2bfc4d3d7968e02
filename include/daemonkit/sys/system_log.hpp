// SPDX-License-Identifier: BSL-1.0
// syslog(3).
#pragma once

#include <syslog.h>

namespace daemonkit::sys {

/// Sends one line, with the facility daemon. `level` as in syslog(3). Failures are ignored.
inline void write_to_system_log(int level, const char* text) noexcept { ::syslog(LOG_DAEMON | level, "%s", text); }

/// Connects to the system log before chroot(2) hides its socket, and adds the pid to each line. Keeps the name and the
/// facility that the program has set by openlog(3).
inline void open_system_log() noexcept
{
    constexpr int same_facility = -1;
    ::openlog(nullptr, LOG_PID | LOG_NDELAY, same_facility);
}

} // namespace daemonkit::sys
