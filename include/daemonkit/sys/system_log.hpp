// SPDX-License-Identifier: BSL-1.0
// syslog(3).
#pragma once

#include "../compiled.hpp"

#include <syslog.h>

#include <cerrno>
#include <string_view>

namespace daemonkit::sys {

/// Sends "NAME: TEXT" with the facility daemon. syslog(3) itself adds the name of the program, so the same name is left
/// out. `level` as in syslog(3). Failures are ignored.
DAEMONKIT_INLINE void write_to_system_log(int level, std::string_view name, std::string_view text) noexcept;

/// Connects to the system log before chroot(2) hides its socket, and adds the pid to each line. Keeps the name and the
/// facility that the program has set by openlog(3).
inline void open_system_log() noexcept
{
    constexpr int same_facility = -1;
    ::openlog(nullptr, LOG_PID | LOG_NDELAY, same_facility);
}

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE void write_to_system_log(int level, std::string_view name, std::string_view text) noexcept
{
    const bool named = name == ::program_invocation_short_name;
    ::syslog(LOG_DAEMON | level, "%.*s%s%.*s", named ? 0 : static_cast<int>(name.size()), name.data(),
             named ? "" : ": ", static_cast<int>(text.size()), text.data());
}

#endif

} // namespace daemonkit::sys
