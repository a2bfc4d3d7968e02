// SPDX-License-Identifier: BSL-1.0
// The table of descriptors: which ones a daemon keeps, and what 0, 1 and 2 are.
#pragma once

#include "../compiled.hpp"
#include "close_range.hpp"
#include "file.hpp"
#include "retry.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>

namespace daemonkit::sys {

/// Closes every descriptor from `from` to `to` that is in none of the ranges `kept`. Makes one call for each gap,
/// however many numbers that are. Returns 0, or -1 and errno.
template <class... KeptDescriptors>
int close_between(int from, int to, const KeptDescriptors&... kept) noexcept
{
    const auto end = static_cast<unsigned>(to) + 1;
    for (auto first = static_cast<unsigned>(from); first < end;) {
        unsigned next = end;
        [[maybe_unused]] const auto find_next = [&](const auto& range) {
            for (const int fd : range) // -1 as an unsigned number: no descriptor
                if (static_cast<unsigned>(fd) >= first && static_cast<unsigned>(fd) < next)
                    next = static_cast<unsigned>(fd);
        };
        (find_next(kept), ...);
        if (first < next && sys::close_range(first, next - 1) == -1) return -1;
        first = next + 1;
    }
    return 0;
}

/// Leaves 0 to 2 and `kept` open in this process. `shared`: its descriptor table is shared with another process, which
/// keeps all, and this process gets a table of its own. Returns false on failure, when the table may still be shared.
DAEMONKIT_INLINE bool leave_descriptors(int kept, bool shared) noexcept;

/// Opens /dev/null on each of 0, 1 and 2 that is closed. Otherwise a file opened later could become standard output.
DAEMONKIT_INLINE int fill_standard_descriptors() noexcept;

/// Whether execve(2) closes the descriptor.
inline bool is_closed_on_exec(int fd) noexcept
{
    const int flags = ::fcntl(fd, F_GETFD);
    return flags != -1 && (flags & FD_CLOEXEC) != 0;
}

/// dup2(2), and children inherit `to`. dup2(2) does not clear close-on-exec if both numbers are equal.
inline int put_on(int fd, int to) noexcept
{
    if (fd == to) return ::fcntl(fd, F_SETFD, 0);
    return retry([=] { return ::dup2(fd, to); });
}

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE bool leave_descriptors(int kept, bool shared) noexcept
{
    if (!shared) return close_between(STDERR_FILENO + 1, INT_MAX, std::array{kept}) == 0;
    const auto last = static_cast<unsigned>(kept);
    return leave_range(last + 1) == 0 &&
           (last == STDERR_FILENO + 1 || sys::close_range(STDERR_FILENO + 1, last - 1) == 0);
}

DAEMONKIT_INLINE int fill_standard_descriptors() noexcept
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd)
        if (::fcntl(fd, F_GETFD) == -1 && errno == EBADF && sys::open("/dev/null", O_RDWR) == -1) return -1;
    return 0;
}

#endif

} // namespace daemonkit::sys
