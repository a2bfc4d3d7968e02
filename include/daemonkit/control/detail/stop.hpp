// SPDX-License-Identifier: BSL-1.0
// How another process stops a daemon. poll(2) on its pidfd returns as soon as the process exits, reaped or not.
#pragma once

#include "../../compiled.hpp"
#include "../../core/progress.hpp"
#include "../../pid/concept.hpp"
#include "../../sys/cancellation.hpp"
#include "../../sys/deadline.hpp"
#include "../stop_schedule.hpp"
#include "failure.hpp"
#include "hindrance.hpp"
#include "signalling.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

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

inline constexpr const char* not_recorded_yet = "a start is in progress and has not recorded a pid yet: try again";

/// Calls find(), again for a second while a start has not recorded the pid yet.
template <class Find>
[[nodiscard, gnu::cold]] pid_holder find_started_by(const Find& find)
{
    sys::backoff back_off;
    for (std::optional<sys::deadline> until;; back_off()) {
        auto daemon = find();
        if (daemon || !daemon.starting) return daemon;
        if (!until) until.emplace(std::chrono::seconds(1));
        if (until->passed()) return daemon;
    }
}
template <class PidPolicy>
[[nodiscard, gnu::cold]] pid_holder find_started(const PidPolicy& policy)
{
    return find_started_by([&] { return policy.find(); });
}

/// Waits for the end of a process, and calls `progress` once a second. Returns whether the process has exited.
template <class Progress>
bool gone_within(const sys::unique_fd& process, std::chrono::nanoseconds patience, Progress& progress)
{
    using namespace std::chrono_literals;
    constexpr auto tick = std::is_same_v<Progress, no_progress> ? sys::forever : std::chrono::nanoseconds(1s);
    const auto began = sys::deadline::now();
    for (auto now = began;;) {
        if (sys::readable_within(process.get(), std::min(patience - (now - began), tick), now)) return true;
        now = sys::deadline::now();
        if (now - began >= patience) return false;
        progress(now - began);
    }
}

// Why a daemon has not exited yet, in words that follow "killed: ".
[[gnu::cold]] DAEMONKIT_INLINE void add_step(std::string& reason, const stop_step& step);
[[gnu::cold]] inline void add_hindrance(std::string& reason, const pid_holder& daemon)
{
    if (const auto why = hindrance_of(daemon)) reason += sys::joined({", because it was ", why.what});
}

/// The daemon has exited after the signal `last`. `reason`: why the steps before were not enough; empty: there were none.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE control_result stopped_by(int last, pid_t pid, std::string reason);

/// The daemon has not exited after the last signal of the schedule.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE control_result not_stopped(int last, const pid_holder& daemon);

/// Ends the daemon by the schedule; returns as soon as its process has exited. Success if none runs (LSB 3.1).
template <class PidPolicy, class Progress = no_progress>
[[nodiscard]] control_result stop(const PidPolicy& policy, const stop_schedule& schedule, Progress progress = {})
try {
    const sys::cancellation off(PTHREAD_CANCEL_DISABLE);
    const auto daemon = find_started(policy);
    if (!daemon) {
        if (daemon.starting) return {exit_status::error, 0, not_recorded_yet};
        if (daemon.stale) remove_stale_record(policy);
        return {exit_status::done, 0, "not running"};
    }
    if (daemon.pid == sys::this_process())
        return {exit_status::error, daemon.pid, "a daemon cannot stop itself by this verb: return from run()"};
    int last = 0;
    std::string reason; // why the steps before were not enough
    for (const auto& step : schedule) {
        if (step.signal == SIGKILL && !reason.empty()) add_hindrance(reason, daemon);
        last = step.signal;
        if (!send_and_continue(daemon, last)) return cannot_signal(daemon.pid);
        if (gone_within(daemon.process, step.patience, progress)) {
            remove_stale_record(policy);
            return stopped_by(last, daemon.pid, std::move(reason));
        }
        add_step(reason, step);
    }
    return not_stopped(last, daemon);
} catch (const std::exception& e) {
    return failure(e);
}

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE void add_step(std::string& reason, const stop_step& step)
{
    reason += sys::joined({reason.empty() ? "it did not exit within " : ", nor within ", sys::in_seconds(step.patience),
                           " s after ", sys::signal_name(step.signal)});
}

DAEMONKIT_INLINE control_result stopped_by(int last, pid_t pid, std::string reason)
{
    auto message =
        sys::joined({"stopped (pid ", pid, ", ", sys::signal_name(last), ")", reason.empty() ? "" : ": ", reason});
    if (last != SIGKILL) reason.clear();
    return {exit_status::done, pid, std::move(message), std::move(reason)};
}

DAEMONKIT_INLINE control_result not_stopped(int last, const pid_holder& daemon)
{
    const bool killed = last == SIGKILL;
    return {exit_status::error, daemon.pid,
            sys::joined({"pid ", daemon.pid, " did not exit after ", sys::signal_name(last), ": ",
                         hindrance_of(daemon, killed)
                             .sentence(killed ? "it is frozen, or blocked in the kernel"
                                              : "give it more time, or end the stop schedule with SIGKILL")})};
}

#endif

} // namespace daemonkit::detail
