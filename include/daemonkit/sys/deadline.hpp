// SPDX-License-Identifier: BSL-1.0
// Waits with a deadline, on CLOCK_MONOTONIC only: a jump of the wall clock changes no wait.
#pragma once

#include "../text/joined.hpp"
#include "refusal.hpp"
#include "retry.hpp"
#include "time.hpp"

#include <poll.h>
#include <signal.h>

#include <climits>
#include <ctime>
#include <string>

namespace daemonkit::sys {

/// A timeout that never passes.
inline constexpr std::chrono::nanoseconds forever = std::chrono::nanoseconds::max();

/// From this length on a wait has no bound.
inline constexpr std::chrono::nanoseconds century = std::chrono::hours(100 * 366 * 24);

/// Any duration in nanoseconds, rounded if its count is a floating-point number. A negative one becomes zero, and one of
/// a century or more becomes `forever`.
template <class Rep, class Period>
constexpr std::chrono::nanoseconds saturate(std::chrono::duration<Rep, Period> d) noexcept
{
    using seconds = std::chrono::duration<long double>;
    if (seconds(d) >= seconds(century)) return forever;
    if (!(seconds(d) > seconds::zero())) return std::chrono::nanoseconds::zero();
    if constexpr (std::chrono::treat_as_floating_point_v<Rep>)
        return std::chrono::round<std::chrono::nanoseconds>(d); // 0.3 is less than three tenths
    else
        return std::chrono::duration_cast<std::chrono::nanoseconds>(d);
}

/// A duration in seconds as text, cut to tenths, and below a tenth to thousandths: "30", "0.5", "0.050".
inline std::string in_seconds(std::chrono::nanoseconds d)
{
    const auto thousandths = d.count() / 1'000'000;
    const auto tenths = thousandths / 100;
    if (tenths == 0 && thousandths > 0) return joined({thousandths < 10 ? "0.00" : "0.0", thousandths});
    return tenths % 10 == 0 ? joined({tenths / 10}) : joined({tenths / 10, ".", tenths % 10});
}

/// A point in time on the monotonic clock; a duration of a century or more never passes.
class deadline
{
    using clock = std::chrono::steady_clock;

public:
    /// `forever` never passes.
    explicit deadline(std::chrono::nanoseconds from_now) noexcept
        : end_(from_now >= century           ? clock::time_point::max()
               : from_now <= from_now.zero() ? clock::time_point::min()
                                             : now() + from_now)
    {
    }

    /// The time until then; zero if it has passed.
    [[nodiscard]] std::chrono::nanoseconds remaining() const noexcept
    {
        if (end_ == clock::time_point::max()) return forever;
        if (end_ == clock::time_point::min()) return std::chrono::nanoseconds::zero(); // which needs no clock
        const std::chrono::nanoseconds left = end_ - now();
        return left > left.zero() ? left : left.zero();
    }
    /// Whether it is over.
    [[nodiscard]] bool passed() const noexcept { return remaining() == std::chrono::nanoseconds::zero(); }

private:
    static clock::time_point now() noexcept
    {
        timespec time;
        ::clock_gettime(CLOCK_MONOTONIC, &time);
        return clock::time_point(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
    }

    clock::time_point end_;
};

/// Sleeps for at most 10 ms. Preserves errno. Not noexcept: pthread_cancel(3) unwinds the stack from here.
[[gnu::cold]] inline void nap()
{
    const int before = errno;
    const timespec time{0, 10'000'000};
    ::nanosleep(&time, nullptr);
    errno = before;
}

/// poll(2), for a sandbox that refuses ppoll(2).
[[gnu::cold]] inline int poll_in_milliseconds(pollfd* fds, nfds_t count, std::chrono::nanoseconds timeout)
{
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(timeout < century ? timeout : century).count();
    const int ready = ::poll(fds, count, timeout == forever ? -1 : static_cast<int>(wait < INT_MAX ? wait : INT_MAX));
    if (ready != 0 || wait <= INT_MAX) return ready;
    errno = EINTR; // not the whole time
    return -1;
}

/// ppoll(2) once, not repeated after EINTR, so the caller can check for signals after a handler ran. If it fails for
/// another reason, for example in a sandbox, sleeps for up to 10 ms first: loops around it do not spin. Not noexcept,
/// like nap().
inline int poll_once(pollfd* fds, nfds_t count, std::chrono::nanoseconds timeout, const sigset_t* mask = nullptr)
{
    const timespec wait{static_cast<time_t>(timeout.count() / 1'000'000'000),
                        static_cast<long>(timeout.count() % 1'000'000'000)};
    int ready = ::ppoll(fds, count, timeout == forever ? nullptr : &wait, mask);
    if (ready == -1 && is_refusal(errno) && mask == nullptr) ready = poll_in_milliseconds(fds, count, timeout);
    if (ready == -1 && errno != EINTR && timeout > timeout.zero()) nap();
    return ready;
}

/// Whether `fd` becomes readable within `timeout`. A pidfd becomes readable when its process exits, reaped or not.
inline bool readable_within(int fd, std::chrono::nanoseconds timeout)
{
    const deadline until(timeout);
    pollfd p{fd, POLLIN, 0};
    return retry([&] { return poll_once(&p, 1, until.remaining()); }) > 0;
}

/// Whether the process of this pidfd has exited, reaped or not.
inline bool has_exited(int pidfd) noexcept { return readable_within(pidfd, std::chrono::nanoseconds::zero()); }

/// Sleeps for the whole time, also if signals arrive.
[[gnu::noinline]] inline void sleep_for(std::chrono::nanoseconds time) noexcept
{
    const deadline until(time);
    retry([&] { return poll_once(nullptr, 0, until.remaining()); });
}

} // namespace daemonkit::sys
