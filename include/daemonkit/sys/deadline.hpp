// SPDX-License-Identifier: BSL-1.0
// Waits with a deadline, on CLOCK_MONOTONIC only: a jump of the wall clock changes no wait.
#pragma once

#include "../compiled.hpp"
#include "../text/joined.hpp"
#include "refusal.hpp"
#include "retry.hpp"
#include "time.hpp"

#include <poll.h>
#include <signal.h>

#include <climits>
#include <cstdint>
#include <ctime>
#include <ratio>
#include <string>
#include <type_traits>

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
    if constexpr (std::is_integral_v<Rep> && std::is_signed_v<Rep> && std::ratio_divide<Period, std::nano>::den == 1) {
        // The same in integers, a few instructions: wait_for() begins so.
        constexpr auto most = std::chrono::ceil<std::chrono::duration<std::intmax_t, Period>>(century).count();
        if (d.count() >= most) return forever;
        if (d.count() <= 0) return std::chrono::nanoseconds::zero();
    } else {
        using seconds = std::chrono::duration<long double>;
        if (seconds(d) >= seconds(century)) return forever;
        if (!(seconds(d) > seconds::zero())) return std::chrono::nanoseconds::zero();
        if constexpr (std::chrono::treat_as_floating_point_v<Rep>)
            return std::chrono::round<std::chrono::nanoseconds>(d); // 0.3 is less than three tenths
    }
    return std::chrono::duration_cast<std::chrono::nanoseconds>(d);
}

/// A duration in seconds as text, cut to tenths, and below a tenth to thousandths: "30", "0.5", "0.050".
DAEMONKIT_INLINE std::string in_seconds(std::chrono::nanoseconds d);

/// A point in time on the monotonic clock; a duration of a century or more never passes.
class deadline
{
    using clock = std::chrono::steady_clock;

public:
    /// `forever` never passes.
    explicit deadline(std::chrono::nanoseconds from_now) noexcept : deadline(from_now, now_for(from_now)) {}
    /// Counted from `begin`, which was now().
    deadline(std::chrono::nanoseconds from_begin, clock::time_point begin) noexcept;

    /// The time until then; zero if it has passed.
    [[nodiscard]] std::chrono::nanoseconds remaining() const noexcept;
    /// Whether it is over.
    [[nodiscard]] bool passed() const noexcept { return remaining() == std::chrono::nanoseconds::zero(); }

    /// What the clock says.
    static clock::time_point now() noexcept;
    /// The same, where a deadline so far away needs the clock.
    static clock::time_point now_for(std::chrono::nanoseconds from_now) noexcept
    {
        return from_now > from_now.zero() && from_now < century ? now() : clock::time_point();
    }

private:
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
[[gnu::cold]] DAEMONKIT_INLINE int poll_in_milliseconds(pollfd* fds, nfds_t count, std::chrono::nanoseconds timeout);

/// After ppoll(2) has failed: poll(2) if a sandbox refuses ppoll(2), otherwise a nap.
[[gnu::cold]] DAEMONKIT_INLINE int poll_refused(pollfd* fds, nfds_t count, std::chrono::nanoseconds timeout,
                                                bool same_mask);

/// ppoll(2) once, not repeated after EINTR, so the caller can check for signals after a handler ran. If it fails for
/// another reason, for example in a sandbox, sleeps for up to 10 ms first: loops around it do not spin. Not noexcept,
/// like nap().
[[gnu::always_inline]] inline int poll_once(pollfd* fds, nfds_t count, std::chrono::nanoseconds timeout,
                                            const sigset_t* mask = nullptr)
{
    timespec wait{0, static_cast<long>(timeout.count())};
    const timespec* longest = &wait;
    if (timeout >= std::chrono::seconds(1)) [[unlikely]] { // short waits are the frequent ones: they divide nothing
        wait = {static_cast<time_t>(timeout.count() / 1'000'000'000),
                static_cast<long>(timeout.count() % 1'000'000'000)};
        if (timeout == forever) longest = nullptr;
    }
    const int ready = ::ppoll(fds, count, longest, mask);
    return ready != -1 || errno == EINTR ? ready : poll_refused(fds, count, timeout, mask == nullptr);
}

/// Whether `fd` becomes readable within `timeout`, counted from `begin`, which was deadline::now(). A pidfd becomes
/// readable when its process exits, reaped or not.
DAEMONKIT_INLINE bool readable_within(int fd, std::chrono::nanoseconds timeout,
                                      std::chrono::steady_clock::time_point begin);
/// Counted from now.
DAEMONKIT_INLINE bool readable_within(int fd, std::chrono::nanoseconds timeout);

/// Whether the process of this pidfd has exited, reaped or not.
inline bool has_exited(int pidfd) noexcept { return readable_within(pidfd, std::chrono::nanoseconds::zero()); }

/// Sleeps for the whole time, also if signals arrive.
[[gnu::noinline]] inline void sleep_for(std::chrono::nanoseconds time) noexcept
{
    const deadline until(time);
    retry([&] { return poll_once(nullptr, 0, until.remaining()); });
}

/// The pauses between attempts: 1 ms at first, then twice as long each time, until 128 ms. So many that wait leave the
/// processor to the one that they wait for.
class backoff
{
public:
    /// Sleeps.
    void operator()() noexcept
    {
        sleep_for(pause_);
        if (pause_ < std::chrono::milliseconds(128)) pause_ *= 2;
    }

private:
    std::chrono::milliseconds pause_{1};
};

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE std::string in_seconds(std::chrono::nanoseconds d)
{
    const auto thousandths = d.count() / 1'000'000;
    const auto tenths = thousandths / 100;
    if (tenths == 0 && thousandths > 0) return joined({thousandths < 10 ? "0.00" : "0.0", thousandths});
    return tenths % 10 == 0 ? joined({tenths / 10}) : joined({tenths / 10, ".", tenths % 10});
}

DAEMONKIT_INLINE deadline::deadline(std::chrono::nanoseconds from_begin, clock::time_point begin) noexcept
    : end_(from_begin >= century             ? clock::time_point::max()
           : from_begin <= from_begin.zero() ? clock::time_point::min()
                                             : begin + from_begin)
{
}

DAEMONKIT_INLINE std::chrono::nanoseconds deadline::remaining() const noexcept
{
    if (end_ == clock::time_point::max()) return forever;
    if (end_ == clock::time_point::min()) return std::chrono::nanoseconds::zero(); // which needs no clock
    const std::chrono::nanoseconds left = end_ - now();
    return left > left.zero() ? left : left.zero();
}

[[gnu::noinline]] DAEMONKIT_INLINE deadline::clock::time_point deadline::now() noexcept
{
    timespec time;
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return clock::time_point(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

DAEMONKIT_INLINE int poll_in_milliseconds(pollfd* fds, nfds_t count, std::chrono::nanoseconds timeout)
{
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(timeout < century ? timeout : century).count();
    const int ready = ::poll(fds, count, timeout == forever ? -1 : static_cast<int>(wait < INT_MAX ? wait : INT_MAX));
    if (ready != 0 || wait <= INT_MAX) return ready;
    errno = EINTR; // not the whole time
    return -1;
}

DAEMONKIT_INLINE int poll_refused(pollfd* fds, nfds_t count, std::chrono::nanoseconds timeout, bool same_mask)
{
    const int ready = is_refusal(errno) && same_mask ? poll_in_milliseconds(fds, count, timeout) : -1;
    if (ready == -1 && errno != EINTR && timeout > timeout.zero()) nap();
    return ready;
}

DAEMONKIT_INLINE bool readable_within(int fd, std::chrono::nanoseconds timeout,
                                      std::chrono::steady_clock::time_point begin)
{
    const deadline until(timeout, begin);
    pollfd p{fd, POLLIN, 0};
    for (auto left = timeout > timeout.zero() ? timeout : timeout.zero();; left = until.remaining())
        if (const int ready = poll_once(&p, 1, left); ready != -1 || errno != EINTR) return ready > 0;
}

DAEMONKIT_INLINE bool readable_within(int fd, std::chrono::nanoseconds timeout)
{
    return readable_within(fd, timeout, deadline::now_for(timeout));
}

#endif

} // namespace daemonkit::sys
