// SPDX-License-Identifier: BSL-1.0
// Attributes of the calling process: limits, umask, directories, privileges.
#pragma once

#include "../compiled.hpp"
#include "file.hpp"
#include "refusal.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <string>

namespace daemonkit::sys {

/// Arguments of setrlimit(2). `resource` is RLIMIT_NOFILE and so on; RLIM_INFINITY means no limit.
struct resource_limit
{
    int resource;                 ///< RLIMIT_*
    rlim_t soft;                  ///< in force
    std::optional<rlim_t> hard{}; ///< the most that `soft` can be raised to; empty: unchanged
};

/// No core dumps.
inline constexpr resource_limit no_core{RLIMIT_CORE, 0, 0};

/// The hard limit of this process, getrlimit(2).
DAEMONKIT_INLINE int read_hard_limit(int resource, rlim_t& into) noexcept;

/// setrlimit(2). Fails with EINVAL if the soft limit is above the hard limit.
DAEMONKIT_INLINE int set_limit(const resource_limit& limit) noexcept;

/// "RLIMIT_NOFILE", as getrlimit(2) names a resource; a number if it has no name there.
[[gnu::cold]] DAEMONKIT_INLINE std::string resource_name(int resource);

/// umask(2). It cannot fail, but a sandbox can refuse it: then -1 and ENOSYS.
inline int set_umask(mode_t mask) noexcept
{
    if (::umask(mask) <= 07777U) return 0;
    errno = ENOSYS;
    return -1;
}
inline int change_directory(const char* path) noexcept { return ::chdir(path); } ///< chdir(2)

/// chroot(2), verified. Does not change the working directory: call change_directory() next.
DAEMONKIT_INLINE int change_root(const char* path) noexcept;

/// PR_SET_NO_NEW_PRIVS, prctl(2), verified. Cannot be undone, and applies to all children.
DAEMONKIT_INLINE int renounce_privileges() noexcept;

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE int read_hard_limit(int resource, rlim_t& into) noexcept
{
    rlimit now{};
    const int result = ::getrlimit(static_cast<__rlimit_resource_t>(resource), &now);
    if (result == 0) into = now.rlim_max;
    return result;
}

DAEMONKIT_INLINE int set_limit(const resource_limit& limit) noexcept
{
    rlimit value{limit.soft, limit.hard.value_or(0)};
    if (!limit.hard && read_hard_limit(limit.resource, value.rlim_max) == -1) return -1;
    return ::setrlimit(static_cast<__rlimit_resource_t>(limit.resource), &value);
}

DAEMONKIT_INLINE std::string resource_name(int resource)
{
    static constexpr std::array names{"CPU",      "FSIZE",  "DATA",    "STACK", "CORE",  "RSS",
                                      "NPROC",    "NOFILE", "MEMLOCK", "AS",    "LOCKS", "SIGPENDING",
                                      "MSGQUEUE", "NICE",   "RTPRIO",  "RTTIME"};
    const auto number = static_cast<std::size_t>(resource);
    return number < names.size() ? std::string("RLIMIT_") + names[number] : std::to_string(resource);
}

DAEMONKIT_INLINE int change_root(const char* path) noexcept
{
    file_status wanted = {};
    file_status root = {};
    if (status_of(path, wanted) == -1 || ::chroot(path) == -1 || status_of("/", root) == -1) return -1;
    if (same_file(wanted, root)) return 0;
    errno = EPERM; // a sandbox can make chroot(2) succeed without effect
    return -1;
}

DAEMONKIT_INLINE int renounce_privileges() noexcept
{
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) == -1) return -1;
    if (::prctl(PR_GET_NO_NEW_PRIVS, 0UL, 0UL, 0UL, 0UL) == 1) return 0;
    errno = EPERM;
    return -1;
}

#endif

} // namespace daemonkit::sys
