// SPDX-License-Identifier: BSL-1.0
// How a process has died that is not a child of this one. Since Linux 6.15 its pidfd tells the wait status once the
// process was reaped, and until then proc(5) tells it.
#pragma once

#include "../compiled.hpp"
#include "pidfd.hpp"
#include "process.hpp"

#include <linux/types.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>

#include <cstdlib>

namespace daemonkit::sys {

/// struct pidfd_info of <linux/pidfd.h>, Linux 6.13. Debian 12 has no header for it.
struct pidfd_info
{
    __u64 mask;        ///< what is asked for, and what is known
    __u64 cgroup;      ///< not used here
    __u32 ids[11];     ///< not used here
    __s32 wait_status; ///< known if mask has `exit`, Linux 6.15

    static constexpr __u64 exit = 1U << 3; ///< PIDFD_INFO_EXIT
};

/// ioctl(2), PIDFD_GET_INFO. Returns whether the call works.
inline bool read_info(int pidfd, pidfd_info& info) noexcept
{
    info = {};
    info.mask = pidfd_info::exit;
    return ::ioctl(pidfd, _IOWR(0xFF, 11, pidfd_info), &info) == 0;
}

/// Whether a pidfd tells here how a process has died, and can send signals. false in a sandbox that refuses a call: each
/// is made with an argument that the kernel rejects, because a sandbox looks at the number of the call only, or first.
DAEMONKIT_INLINE bool pidfd_tells_death() noexcept;

/// The wait status that /proc/PID/stat shows of a zombie, its 52nd field; empty if it shows none.
DAEMONKIT_INLINE std::optional<int> exit_code_of(const std::string& stat);

/// The wait status of a process that has exited, waitpid(2); -1 if it cannot be told.
[[gnu::cold]] DAEMONKIT_INLINE int wait_status_of(int pidfd, pid_t pid);

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE bool pidfd_tells_death() noexcept
{
    utsname kernel;
    if (::uname(&kernel) != 0) return false;
    const char* at = kernel.release;
    const auto number = [&at] {
        unsigned value = 0;
        for (; *at >= '0' && *at <= '9'; ++at) value = value * 10 + static_cast<unsigned>(*at - '0');
        return value;
    };
    const unsigned major = number();
    const unsigned minor = *at++ == '.' ? number() : 0;
    if (major < 6 || (major == 6 && minor < 15)) return false;
    if (pidfd_open(-1) != -1 || errno != EINVAL) return false;
    pidfd_info info;
    if (read_info(-1, info) || errno != EBADF) return false;
    return pidfd_send_signal(-1, 0) == -1 && errno == EBADF;
}

DAEMONKIT_INLINE std::optional<int> exit_code_of(const std::string& stat)
{
    const auto name_end = stat.rfind(')');
    if (name_end == std::string::npos || stat.compare(name_end, 4, ") Z ") != 0) return {};
    const char* at = stat.c_str() + name_end + 2;
    for (int field = 3; field < 52; ++field) {
        while (*at != ' ' && *at != '\0') ++at;
        if (*at++ == '\0') return {};
    }
    return static_cast<int>(std::strtol(at, nullptr, 10));
}

DAEMONKIT_INLINE int wait_status_of(int pidfd, pid_t pid)
{
    const auto place = joined({"/proc/", pid});
    char room[1024];
    const std::string text(read_at_once(proc_path(pid, "/stat").c_str(), room));
    char target = 0;
    // proc(5) shows 0 to a process that is not allowed to know. One that is allowed reads that a zombie has no file.
    const bool allowed = ::readlink((place + "/exe").c_str(), &target, 1) == -1 && errno == ENOENT;
    pidfd_info info;
    if (!read_info(pidfd, info)) return -1;
    if ((info.mask & pidfd_info::exit) != 0) return info.wait_status;
    // It was not reaped before this call, so the text was about it.
    const auto status = exit_code_of(text);
    return status && (*status != 0 || allowed) ? *status : -1;
}

#endif

} // namespace daemonkit::sys
