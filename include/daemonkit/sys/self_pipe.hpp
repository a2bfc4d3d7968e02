// SPDX-License-Identifier: BSL-1.0
// A pipe that only says "look". Async-signal-safe.
#pragma once

#include "retry.hpp"
#include "unique_fd.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace daemonkit::sys {

inline int open_pipe(unique_fd& read_end, unique_fd& write_end) noexcept
{
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) == -1) return -1;
    read_end.reset(ends[0]);
    write_end.reset(ends[1]);
    return 0;
}

/// A pipe that is full has woken its reader already. errno is what it was.
inline void wake(int write_end) noexcept
{
    const int before = errno;
    retry([=] { return ::write(write_end, "", 1); });
    errno = before;
}

/// Takes every byte there is.
inline void drain(int read_end) noexcept
{
    char bytes[64];
    while (retry([&] { return ::read(read_end, bytes, sizeof bytes); }) == sizeof bytes) {}
}

} // namespace daemonkit::sys
