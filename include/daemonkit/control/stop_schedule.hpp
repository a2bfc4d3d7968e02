// SPDX-License-Identifier: BSL-1.0
// The signals that end a daemon, and how long to wait after each: the option --retry of start-stop-daemon(8) as a type.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../compiled.hpp"
#include "../core/startup_error.hpp"
#include "../sys/time.hpp"

#include <signal.h>

#include <cstddef>
#include <initializer_list>

namespace daemonkit {

/// One step of a stop_schedule.
struct stop_step
{
    int signal;                        ///< signal to send
    std::chrono::nanoseconds patience; ///< how long to wait for the end of the daemon, before the next step
};

/// The steps by which stop() and restart() end a daemon: one to eight.
class stop_schedule
{
public:
    stop_schedule() noexcept = default;

    /// As in `.stop = {{SIGTERM, 10s}, {SIGKILL, 5s}}`, which is the default. Throws startup_error, exit status 6, if
    /// there are no steps or more than eight, if a signal number does not exist, or if a time is negative or over a
    /// year.
    stop_schedule(std::initializer_list<stop_step> steps);

    /// The steps, in order.
    [[nodiscard]] const stop_step* begin() const noexcept { return steps_; }
    /// Past the last step.
    [[nodiscard]] const stop_step* end() const noexcept { return steps_ + count_; }

    /// Sets the time that the first step waits.
    void first_patience(std::chrono::nanoseconds time) noexcept { steps_[0].patience = time; }

private:
    [[nodiscard]] static startup_error wrong(const char* reason)
    {
        return startup_error::bad_setting("use the stop schedule", {}, reason);
    }

    stop_step steps_[8] = {{SIGTERM, std::chrono::seconds(10)}, {SIGKILL, std::chrono::seconds(5)}};
    std::size_t count_ = 2;
};

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE stop_schedule::stop_schedule(std::initializer_list<stop_step> steps) : count_(0)
{
    if (steps.size() == 0 || steps.size() > std::size(steps_)) throw wrong("it has no steps, or more than eight");
    for (const auto& step : steps) {
        if (step.signal <= 0 || step.signal >= _NSIG) throw wrong("a signal number in it does not exist");
        if (step.patience < step.patience.zero() || step.patience > std::chrono::hours(24 * 366))
            throw wrong("a time in it is negative, or longer than a year");
        steps_[count_++] = step;
    }
}

#endif

} // namespace daemonkit
