// SPDX-License-Identifier: BSL-1.0
// eventfd(2): one descriptor that is readable from a raise() to the next lower(). All of this is async-signal-safe.
#pragma once

#include "retry.hpp"
#include "unique_fd.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

namespace daemonkit::sys {

/// Non-blocking, close-on-exec. -1 and errno on failure.
inline int open_event() noexcept { return ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

/// It becomes readable. It is already if the counter is full, so errors are ignored.
inline void raise_event(int fd) noexcept
{
    const std::uint64_t one = 1;
    retry([&] { return ::write(fd, &one, sizeof one); });
}

/// It is not readable any more. Returns whether it was.
inline bool lower_event(int fd) noexcept
{
    std::uint64_t count = 0;
    return retry([&] { return ::read(fd, &count, sizeof count); }) == sizeof count;
}

} // namespace daemonkit::sys
