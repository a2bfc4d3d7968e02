// SPDX-License-Identifier: BSL-1.0
// Closing a range of descriptors, close_range(2), Linux 5.9. Where a sandbox refuses that call, each descriptor is
// closed by its number in /proc/self/fd. All of this is async-signal-safe.
#pragma once

#include "../compiled.hpp"
#include "refusal.hpp"
#include "unique_fd.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstddef>

namespace daemonkit::sys {

/// The number that the name of a file in /proc/self/fd is; UINT_MAX if it is none.
DAEMONKIT_INLINE unsigned descriptor_in(const char* name) noexcept;

/// Closes each open descriptor from `first` to `last`, one by one. Returns 0, or -1 if /proc does not show them.
[[gnu::cold]] DAEMONKIT_INLINE int close_each(unsigned first, unsigned last) noexcept;

/// Closes the descriptors from `first` to `last`. Returns 0, or -1 and errno; ENOSYS: the call is refused, and /proc does
/// not show the descriptors.
DAEMONKIT_INLINE int close_range(unsigned first, unsigned last) noexcept;

/// Whether close_range(2) works here. Closes nothing.
inline bool has_close_range() noexcept { return ::syscall(SYS_close_range, UINT_MAX, UINT_MAX, 0) == 0; }

/// Ends the sharing of a descriptor table with another process, clone(2), CLONE_FILES. This process gets a table of its
/// own without the descriptors from `first` on, which are never copied. Returns 0, or -1 and errno; the table may still
/// be shared then.
inline int leave_range(unsigned first) noexcept
{
    return static_cast<int>(::syscall(SYS_close_range, first, UINT_MAX, CLOSE_RANGE_UNSHARE));
}

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE unsigned descriptor_in(const char* name) noexcept
{
    unsigned number = 0;
    for (; *name != '\0'; ++name) {
        if (*name < '0' || *name > '9') return UINT_MAX;
        number = number * 10 + static_cast<unsigned>(*name - '0');
    }
    return number;
}

DAEMONKIT_INLINE int close_each(unsigned first, unsigned last) noexcept
{
    const unique_fd directory(::open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory) return -1;
    alignas(dirent64) std::array<char, 2048> entries; // NOLINT(*-member-init): the kernel fills it
    for (;;) {
        const long size = ::syscall(SYS_getdents64, directory.get(), entries.data(), entries.size());
        if (size <= 0) return static_cast<int>(size);
        for (long at = 0; at < size;) {
            const auto* const entry = reinterpret_cast<const dirent64*>(entries.data() + at); // NOLINT(*-cast)
            const unsigned fd = descriptor_in(entry->d_name);
            if (fd >= first && fd <= last && fd != UINT_MAX && fd != static_cast<unsigned>(directory.get()))
                ::close(static_cast<int>(fd));
            at += entry->d_reclen;
        }
    }
}

DAEMONKIT_INLINE int close_range(unsigned first, unsigned last) noexcept
{
    if (::syscall(SYS_close_range, first, last, 0) == 0) return 0;
    if (!is_refusal(errno)) return -1;
    if (close_each(first, last) == 0) return 0;
    errno = ENOSYS;
    return -1;
}

#endif

} // namespace daemonkit::sys
