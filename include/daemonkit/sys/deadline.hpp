// SPDX-License-Identifier: BSL-1.0
// Waiting with a bound, on CLOCK_MONOTONIC only: a jump of the wall clock changes no wait.
#pragma once

#include "../text/joined.hpp"
#include "retry.hpp"
#include "time.hpp"

#include <poll.h>
#include <signal.h>

#include <ctime>
#include <string>

namespace daemonkit::sys {

/// Longer than any wait that ends: no bound.
inline constexpr std::chrono::nanoseconds forever = std::chrono::nanoseconds::max();

inline constexpr std::chrono::nanoseconds century = std::chrono::hours(100 * 366 * 24);

/// Any duration as nanoseconds: below zero is zero, beyond a century is for ever.
template <class Rep, class Period>
constexpr std::chrono::nanoseconds saturate(std::chrono::duration<Rep, Period> d) noexcept
{
    using seconds = std::chrono::duration<long double>;
    if (seconds(d) >= seconds(century)) return forever;
    if (!(seconds(d) > seconds::zero())) return std::chrono::nanoseconds::zero();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(d);
}

/// A duration for people, in seconds to the tenth: "0.5", "30".
inline std::string in_seconds(std::chrono::nanoseconds d)
{
    const auto tenths = d.count() / 100'000'000;
    return tenths % 10 == 0 ? joined({tenths / 10}) : joined({tenths / 10, ".", tenths % 10});
}

class deadline
{
    using clock = std::chrono::steady_clock;

public:
    explicit deadline(std::chrono::nanoseconds from_now) noexcept
        : end_(from_now >= century ? clock::time_point::max()
                                   : clock::now() + (from_now > from_now.zero() ? from_now : from_now.zero()))
    {
    }

    [[nodiscard]] std::chrono::nanoseconds remaining() const noexcept
    {
        if (end_ == clock::time_point::max()) return forever;
        const std::chrono::nanoseconds left = end_ - clock::now();
        return left > left.zero() ? left : left.zero();
    }
    [[nodiscard]] bool passed() const noexcept { return remaining() == std::chrono::nanoseconds::zero(); }

private:
    clock::time_point end_;
};

/// ppoll(2), once: -1 and EINTR when a handler ran, so that whoever waits for signals can look.
inline int poll_once(pollfd* fds, nfds_t count, std::chrono::nanoseconds timeout,
                     const sigset_t* mask = nullptr) noexcept
{
    const timespec wait{static_cast<time_t>(timeout.count() / 1'000'000'000),
                        static_cast<long>(timeout.count() % 1'000'000'000)};
    return ::ppoll(fds, count, timeout == forever ? nullptr : &wait, mask);
}

/// Whether `fd` becomes readable (for a pidfd: the process has exited, zombie or not) within `timeout`.
inline bool readable_within(int fd, std::chrono::nanoseconds timeout) noexcept
{
    const deadline until(timeout);
    pollfd p{fd, POLLIN, 0};
    return retry([&] { return poll_once(&p, 1, until.remaining()); }) > 0;
}

/// Of a pidfd: whether its process has exited, reaped or not.
inline bool has_exited(int pidfd) noexcept { return readable_within(pidfd, std::chrono::nanoseconds::zero()); }

[[gnu::noinline]] inline void sleep_for(std::chrono::nanoseconds time) noexcept
{
    const deadline until(time);
    retry([&] { return poll_once(nullptr, 0, until.remaining()); });
}

} // namespace daemonkit::sys
