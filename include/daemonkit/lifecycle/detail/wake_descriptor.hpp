// SPDX-License-Identifier: BSL-1.0
// The descriptor that signal_fd() returns to programs with an event loop of their own: it stands for the signals, the
// identity and the watchdog together. Made at the first call, and only if more than the signals can wake the daemon.
#pragma once

#include "../../compiled.hpp"
#include "../../core/startup_error.hpp"
#include "../../sys/deadline.hpp"
#include "../../sys/descriptor_set.hpp"
#include "../../sys/private_fd.hpp"

namespace daemonkit::detail {

class wake_descriptor
{
public:
    /// `signals`, or a descriptor that is also readable while `lost` is (-1: never), and at each end of `interval`.
    [[nodiscard, gnu::cold]] int of(int signals, int lost, std::chrono::nanoseconds interval);

    /// The program has called wait() or wait_for(), which has served the watchdog.
    void served() noexcept
    {
        if (timer_) sys::read_timer(timer_.get());
    }

    void reset() noexcept
    {
        all_.reset();
        timer_.reset();
    }

private:
    sys::private_fd all_{};
    sys::private_fd timer_{};
};

/// Where nothing but signals wakes the daemon.
struct signals_alone
{
    [[nodiscard]] static int of(int signals, int, std::chrono::nanoseconds) noexcept { return signals; }
    static void served() noexcept {}
    static void reset() noexcept {}
};

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE int wake_descriptor::of(int signals, int lost, std::chrono::nanoseconds interval)
{
    if (lost == -1 && interval == sys::forever) return signals;
    if (all_) return all_.get();
    constexpr const char* step = "open the descriptor for an event loop";
    if (interval != sys::forever) timer_.reset(check_call_of("timerfd_create", sys::open_timer(interval), step));
    all_.reset(check_call_of("epoll_create1", sys::open_descriptor_set(signals, lost, timer_.get()), step));
    return all_.get();
}

#endif

} // namespace daemonkit::detail
