// SPDX-License-Identifier: BSL-1.0
// Attributes of the calling process that are set once.
#pragma once

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace daemonkit::sys {

/// As for setrlimit(2): RLIMIT_NOFILE and so on; RLIM_INFINITY for none.
struct resource_limit
{
    int resource;
    rlim_t soft;
    rlim_t hard;
};

inline constexpr resource_limit no_core{RLIMIT_CORE, 0, 0};

inline int set_limit(const resource_limit& limit) noexcept
{
    const rlimit value{limit.soft, limit.hard};
    return ::setrlimit(static_cast<__rlimit_resource_t>(limit.resource), &value);
}

inline void set_umask(mode_t mask) noexcept { ::umask(mask); }
inline int change_directory(const char* path) noexcept { return ::chdir(path); }
inline int change_root(const char* path) noexcept { return ::chroot(path); }

/// Irrevocable, for this process and all its children.
inline int renounce_privileges() noexcept { return ::prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL); }

} // namespace daemonkit::sys
