// SPDX-License-Identifier: BSL-1.0
// How another process stops a daemon. poll(2) on its pidfd returns as soon as the process exits, reaped or not.
#pragma once

#include "../../core/progress.hpp"
#include "../../pid/concept.hpp"
#include "../../sys/cancellation.hpp"
#include "../../sys/deadline.hpp"
#include "../stop_schedule.hpp"
#include "failure.hpp"
#include "signalling.hpp"

#include <algorithm>
#include <type_traits>

namespace daemonkit::detail {

/// Removes a stale record, if there is one. Does so by claiming and releasing the instance, which cannot race with a
/// start.
template <class PidPolicy>
void remove_stale_record(const PidPolicy& policy) noexcept
{
    if constexpr (has_has_record<PidPolicy>)
        if (!policy.has_record()) return; // the usual case: the daemon has removed its record
    try {
        if (!policy.find().stale) return;
        [[maybe_unused]] const auto released_at_once = policy.claim();
    } catch (const std::exception&) { // another start was faster, the path is no pid file, or writing is not allowed
        return;
    }
}

/// find(), again for a second while a start has not recorded the pid yet.
template <class PidPolicy>
[[nodiscard]] pid_holder find_started(const PidPolicy& policy)
{
    for (const sys::deadline until(std::chrono::seconds(1));; sys::sleep_for(std::chrono::milliseconds(1))) {
        auto daemon = policy.find();
        if (daemon || !daemon.starting || until.passed()) return daemon;
    }
}

/// Waits for the end of a process, and calls `progress` once a second. Returns whether the process has exited.
template <class Progress>
bool gone_within(const sys::unique_fd& process, std::chrono::nanoseconds patience, Progress& progress)
{
    using namespace std::chrono_literals;
    constexpr auto tick = std::is_same_v<Progress, no_progress> ? sys::forever : std::chrono::nanoseconds(1s);
    const auto began = std::chrono::steady_clock::now();
    const sys::deadline until(patience);
    for (;;) {
        if (sys::readable_within(process.get(), std::min(until.remaining(), tick))) return true;
        if (until.passed()) return false;
        progress(std::chrono::steady_clock::now() - began);
    }
}

/// Ends the daemon by the schedule; returns as soon as its process has exited. Success if none runs (LSB 3.1).
template <class PidPolicy, class Progress = no_progress>
[[nodiscard]] control_result stop(const PidPolicy& policy, const stop_schedule& schedule, Progress progress = {})
try {
    const sys::cancellation off(PTHREAD_CANCEL_DISABLE);
    const auto daemon = find_started(policy);
    if (!daemon) {
        if (daemon.starting)
            return {exit_status::error, 0, "a start is in progress and has not recorded a pid yet: try again"};
        if (daemon.stale) remove_stale_record(policy);
        return {exit_status::done, 0, "not running"};
    }
    if (daemon.pid == sys::this_process())
        return {exit_status::error, daemon.pid, "a daemon cannot stop itself by this verb: return from run()"};
    int last = 0;
    for (const auto& step : schedule) {
        last = step.signal;
        if (!send(daemon, step.signal)) return cannot_signal(daemon.pid);
        if (!gone_within(daemon.process, step.patience, progress)) continue;
        remove_stale_record(policy);
        return {exit_status::done, daemon.pid,
                sys::joined({"stopped (pid ", daemon.pid, ", ", sys::signal_name(step.signal), ")"})};
    }
    return {exit_status::error, daemon.pid,
            last == SIGKILL ? sys::joined({"pid ", daemon.pid,
                                           " did not exit after SIGKILL: it is frozen, or blocked in the kernel"})
                            : sys::joined({"pid ", daemon.pid, " did not exit after ", sys::signal_name(last),
                                           ": give it more time, or end the stop schedule with SIGKILL"})};
} catch (const std::exception& e) {
    return failure(e);
}

} // namespace daemonkit::detail
