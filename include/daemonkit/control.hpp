// SPDX-License-Identifier: BSL-1.0
// What another process does to a daemon: stop, reload, status. Identity first, always: find() returns the pidfd of a
// process that was verified after the pidfd was opened, and everything goes through that pidfd, so that a pid which
// is used again is never signalled. poll(2) on it tells the end of the process in the moment it comes, reaped or not.
#pragma once

#include "exit_status.hpp"
#include "fork/concept.hpp"
#include "pid/concept.hpp"
#include "reload_answer.hpp"
#include "stop_schedule.hpp"
#include "sys/deadline.hpp"
#include "sys/joined.hpp"
#include "sys/process.hpp"

#include <concepts>
#include <optional>
#include <string>

namespace daemonkit {

/// How stop or reload ended.
struct control_result
{
    int status = exit_status::done; ///< for the shell
    pid_t pid = 0;                  ///< whom it was about; 0: nobody
    std::string message{};          ///< one sentence
};

struct status_report
{
    enum class condition { running, dead, stopped, unknown };

    condition state = condition::stopped;
    std::string name{};
    pid_t pid = 0;
    std::optional<std::chrono::system_clock::time_point> since{}; ///< nothing if /proc hides it
    std::string where{};
    std::string message{}; ///< why it is unknown

    /// LSB 3.1, section 20.2.
    [[nodiscard]] int status() const noexcept
    {
        switch (state) {
        case condition::running: return exit_status::status_running;
        case condition::dead: return exit_status::status_dead_pid_file;
        case condition::stopped: return exit_status::status_stopped;
        case condition::unknown: break;
        }
        return exit_status::status_unknown;
    }
};

namespace control {

/// The exit status that an exception means, and its text.
inline control_result failure(const std::exception& e)
{
    const auto* known = dynamic_cast<const startup_error*>(&e);
    return {known != nullptr ? known->status() : exit_status::error, 0, e.what()};
}

/// Takes away what a dead daemon left, if it did. Claiming and letting go again does that and is safe against a start.
template <class Pid>
void clear_remains(const Pid& policy) noexcept
{
    if constexpr (requires {
                      { policy.has_record() } -> std::same_as<bool>;
                  })
        if (!policy.has_record()) return; // nearly always: it has taken its record along
    try {
        if (!policy.find().remains) return;
        [[maybe_unused]] const auto brief = policy.claim();
    } catch (const std::exception&) { // somebody starts it, put something else there, or may write there and we may not
        return;
    }
}

/// Waits for the end of a process, and tells `progress` about it once a second.
template <class Progress>
bool gone_within(const sys::unique_fd& process, std::chrono::nanoseconds patience, Progress& progress)
{
    using namespace std::chrono_literals;
    constexpr auto tick = std::is_same_v<Progress, in_silence> ? sys::forever : std::chrono::nanoseconds(1s);
    const auto began = std::chrono::steady_clock::now();
    const sys::deadline until(patience);
    for (;;) {
        if (sys::readable_within(process.get(), std::min(until.remaining(), tick))) return true;
        if (until.passed()) return false;
        progress(std::chrono::steady_clock::now() - began);
    }
}

[[nodiscard]] inline control_result cannot_signal(pid_t pid)
{
    const startup_error e(last_error(), "signal process", sys::joined({pid}));
    return {e.status(), pid, e.what()};
}

/// Ends the daemon by the schedule; returns the moment it is gone. Stopped already is success (LSB).
template <class Pid, class Progress = in_silence>
[[nodiscard]] control_result stop(const Pid& policy, const stop_schedule& schedule, Progress progress = {})
try {
    const auto daemon = policy.find();
    if (!daemon) {
        if (daemon.remains) clear_remains(policy);
        return {exit_status::done, 0, "not running"};
    }
    if (daemon.pid == sys::this_process())
        return {exit_status::error, daemon.pid, "a daemon does not stop itself this way: return from run()"};
    int last = 0;
    for (const auto& step : schedule) {
        last = step.signal;
        if (sys::pidfd_send_signal(daemon.process.get(), step.signal) == -1 && errno != ESRCH)
            return cannot_signal(daemon.pid);
        if (!gone_within(daemon.process, step.patience, progress)) continue;
        clear_remains(policy);
        return {exit_status::done, daemon.pid,
                sys::joined({"stopped (pid ", daemon.pid, ", ", sys::signal_name(step.signal), ")"})};
    }
    return {exit_status::error, daemon.pid,
            sys::joined({"pid ", daemon.pid, " is still there after the whole schedule, last ", sys::signal_name(last),
                         ": it hangs in the kernel, or the schedule never kills"})};
} catch (const std::exception& e) {
    return failure(e);
}

/// The daemon's answer to a reload, or why there is none. HUP has been sent.
[[nodiscard]] inline control_result reloaded(const reload_call& call, const holder& daemon, const sys::deadline& until,
                                             std::chrono::nanoseconds deadline)
{
    for (std::string refusal;;) {
        const bool gone = call.wait(daemon.process.get(), until.remaining()); // and what it has said by then is there
        if (call.answered(daemon.pid, refusal)) {
            if (refusal.empty())
                return {exit_status::done, daemon.pid, sys::joined({"reloaded (pid ", daemon.pid, ")"})};
            return {exit_status::error, daemon.pid,
                    sys::joined({"reload refused by pid ", daemon.pid, ", the old state stays: ", refusal})};
        }
        if (gone)
            return {exit_status::error, daemon.pid, sys::joined({"pid ", daemon.pid, " ended before it had reloaded"})};
        if (until.passed())
            return {exit_status::error, daemon.pid,
                    sys::joined({"pid ", daemon.pid, " has not reloaded within ", sys::in_seconds(deadline),
                                 " s: it is busy or hangs, and reloads when it next waits"})};
    }
}

/// Makes the daemon reload, and returns when it has, where the PidPolicy knows a socket to ask it by.
template <class Pid>
[[nodiscard]] control_result reload(const Pid& policy, std::chrono::nanoseconds deadline)
try {
    const auto daemon = policy.find();
    if (!daemon) return {exit_status::not_running, 0, "not running"};
    if (daemon.pid == sys::this_process())
        return {exit_status::error, daemon.pid, "a daemon does not reload itself this way: call on_reload()"};
    const sys::deadline until(deadline);
    sys::unique_fd socket;
    if constexpr (has_control_socket<Pid>) socket = policy.control_socket(daemon);
    reload_call call(std::move(socket));
    bool asked = false;
    bool gone = false;
    do {
        asked = call.can_ask() && call.ask();
        if (sys::pidfd_send_signal(daemon.process.get(), SIGHUP) == -1 && errno != ESRCH)
            return cannot_signal(daemon.pid);
        if (!asked && call.can_ask())
            gone = call.wait(daemon.process.get(), std::chrono::milliseconds(1)); // it makes room
    } while (!asked && !gone && call.can_ask() && !until.passed());
    if (asked || call.can_ask()) return reloaded(call, daemon, until, deadline);
    if (sys::has_exited(daemon.process.get())) return {exit_status::not_running, 0, "not running"};
    return {exit_status::done, daemon.pid,
            sys::joined({"told to reload (pid ", daemon.pid, "); how that ends cannot be heard from here"})};
} catch (const std::exception& e) {
    return failure(e);
}

template <class Pid>
[[nodiscard]] status_report status(const Pid& policy, const std::string& name)
{
    using enum status_report::condition;
    status_report report{.name = name, .where = policy.where()};
    try {
        const auto daemon = policy.find();
        report.state = daemon ? running : daemon.remains ? dead : stopped;
        report.pid = daemon.pid;
        report.since = daemon.since();
    } catch (const std::exception& e) {
        report.state = unknown;
        report.message = e.what();
    }
    return report;
}

} // namespace control

} // namespace daemonkit
