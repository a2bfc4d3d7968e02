// SPDX-License-Identifier: BSL-1.0
// A pipe that wakes its reader; the bytes in it mean nothing. All of this is async-signal-safe.
#pragma once

#include "../compiled.hpp"
#include "retry.hpp"
#include "unique_fd.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace daemonkit::sys {

/// Opens a pipe, both ends non-blocking and close-on-exec. Returns 0, or -1 and errno.
DAEMONKIT_INLINE int open_pipe(unique_fd& read_end, unique_fd& write_end) noexcept;

/// Makes the pipe readable. A full pipe is readable already, so errors are ignored. Preserves errno.
inline void wake(int write_end) noexcept
{
    const int before = errno;
    retry([=] { return ::write(write_end, "", 1); });
    errno = before;
}

/// Reads all bytes in the pipe.
inline void drain(int read_end)
{
    char bytes[64];
    while (retry([&] { return ::read(read_end, bytes, sizeof bytes); }) == sizeof bytes) {}
}

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE int open_pipe(unique_fd& read_end, unique_fd& write_end) noexcept
{
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) == -1) return -1;
    read_end.reset(ends[0]);
    write_end.reset(ends[1]);
    return 0;
}

#endif

} // namespace daemonkit::sys
