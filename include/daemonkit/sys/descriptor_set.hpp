// SPDX-License-Identifier: BSL-1.0
// Several descriptors as one, epoll(7), and time as a descriptor, timerfd_create(2).
#pragma once

#include "../compiled.hpp"
#include "retry.hpp"
#include "time.hpp"
#include "unique_fd.hpp"

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cstdint>

namespace daemonkit::sys {

/// A descriptor that is readable while one of `members` is; -1 is no member. Returns -1 and errno if it fails.
template <class... MemberDescriptors>
[[nodiscard, gnu::cold]] int open_descriptor_set(MemberDescriptors... members) noexcept
{
    unique_fd set(::epoll_create1(EPOLL_CLOEXEC));
    if (!set) return -1;
    for (const int member : {members...}) {
        epoll_event readable = {};
        readable.events = EPOLLIN;
        if (member != -1 && ::epoll_ctl(set.get(), EPOLL_CTL_ADD, member, &readable) == -1) return -1;
    }
    return set.release();
}

/// A descriptor that is readable at each end of `interval`, until read_timer(). Returns -1 and errno if it fails.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE int open_timer(std::chrono::nanoseconds interval) noexcept;

/// Makes the timer unreadable until its next interval.
inline void read_timer(int timer) noexcept
{
    std::uint64_t times = 0;
    retry([&] { return ::read(timer, &times, sizeof times); });
}

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE int open_timer(std::chrono::nanoseconds interval) noexcept
{
    unique_fd timer(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    const timespec each{static_cast<time_t>(interval.count() / 1'000'000'000),
                        static_cast<long>(interval.count() % 1'000'000'000)};
    const itimerspec spec{each, each};
    if (!timer || ::timerfd_settime(timer.get(), 0, &spec, nullptr) == -1) return -1;
    return timer.release();
}

#endif

} // namespace daemonkit::sys
