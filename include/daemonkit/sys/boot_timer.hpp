// SPDX-License-Identifier: BSL-1.0
// A descriptor that becomes readable at a time of CLOCK_BOOTTIME, timerfd_create(2). The timeouts of poll(2) and of
// futex(2) do not count the time during which the host is suspended.
#pragma once

#include "boot_clock.hpp"
#include "deadline.hpp"
#include "unique_fd.hpp"

#include <poll.h>
#include <sys/timerfd.h>

namespace daemonkit::sys {

/// A timer to wait for. It can be moved.
class boot_timer
{
public:
    /// Returns 0, or -1 and errno.
    int create() noexcept
    {
        fd_.reset(::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK));
        return fd_ ? 0 : -1;
    }

    /// From this time on the descriptor is readable, until it is set again; `never`: at no time.
    void set(boot_clock::time_point at) const noexcept
    {
        const itimerspec when{{}, kernel_time(at)};
        ::timerfd_settime(fd_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
    }
    [[nodiscard]] int fd() const noexcept { return fd_.get(); } ///< readable when the time has come

    /// Waits until the time has come, or `also` is readable.
    void wait(int also) const
    {
        pollfd both[] = {{fd_.get(), POLLIN, 0}, {also, POLLIN, 0}};
        retry([&] { return poll_once(both, 2, forever); });
    }

private:
    unique_fd fd_{};
};

} // namespace daemonkit::sys
