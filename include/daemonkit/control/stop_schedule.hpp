// SPDX-License-Identifier: BSL-1.0
// How a daemon is asked to end, and how long each asking may take: start-stop-daemon(8)'s --retry, as a type.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../core/startup_error.hpp"
#include "../sys/time.hpp"

#include <signal.h>

#include <cstddef>
#include <initializer_list>

namespace daemonkit {

struct stop_step
{
    int signal;
    std::chrono::nanoseconds patience;
};

class stop_schedule
{
public:
    stop_schedule() noexcept = default;

    /// `.stop = {{SIGTERM, 10s}, {SIGKILL, 5s}}`, which is the default. Throws startup_error, status 6, on none or
    /// more than eight steps, a signal number that does not exist and a patience below zero or beyond a year.
    stop_schedule(std::initializer_list<stop_step> steps) : count_(0)
    {
        if (steps.size() == 0 || steps.size() > std::size(steps_)) throw wrong("it has no step, or more than eight");
        for (const auto& step : steps) {
            if (step.signal <= 0 || step.signal >= _NSIG) throw wrong("a signal number in it does not exist");
            if (step.patience < step.patience.zero() || step.patience > std::chrono::hours(24 * 366))
                throw wrong("a time in it is below zero or beyond a year");
            steps_[count_++] = step;
        }
    }

    [[nodiscard]] const stop_step* begin() const noexcept { return steps_; }
    [[nodiscard]] const stop_step* end() const noexcept { return steps_ + count_; }

    /// How long the first step may take.
    void first_patience(std::chrono::nanoseconds time) noexcept { steps_[0].patience = time; }

private:
    [[nodiscard]] static startup_error wrong(const char* reason)
    {
        return startup_error::bad_setting("use the stop schedule", {}, reason);
    }

    stop_step steps_[8] = {{SIGTERM, std::chrono::seconds(10)}, {SIGKILL, std::chrono::seconds(5)}};
    std::size_t count_ = 2;
};

} // namespace daemonkit
