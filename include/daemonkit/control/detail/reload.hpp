// SPDX-License-Identifier: BSL-1.0
// How another process makes a daemon reload and receives the result (reload_protocol.hpp).
#pragma once

#include "../../compiled.hpp"
#include "../../pid/concept.hpp"
#include "../../sys/cancellation.hpp"
#include "../../sys/deadline.hpp"
#include "failure.hpp"
#include "hindrance.hpp"
#include "reload_protocol.hpp"
#include "signalling.hpp"
#include "stop.hpp"

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace daemonkit::detail {

/// How the request for a reload ended.
enum class request {
    sent,        ///< the request was sent, then SIGHUP
    signal_only, ///< only SIGHUP was sent: the daemon has no socket for requests, or it cannot be reached from here
    refused,     ///< SIGHUP could not be sent; errno
    too_late     ///< the queue stayed full until the deadline, or the daemon exited
};

/// Sends the request, then SIGHUP, because the daemon reads its requests after SIGHUP. If the queue is full, sends
/// SIGHUP and tries again: each SIGHUP makes the daemon read the queue.
[[nodiscard]] DAEMONKIT_INLINE request request_reload(reload_call& call, const pid_holder& daemon,
                                                      const sys::deadline& until);

inline constexpr const char* too_busy = "it is busy or hangs; it reloads when it next handles signals, which a program "
                                        "that calls neither wait() nor wait_for() never does";

/// A sandbox, of this process or `there`, of the daemon, refuses recvmsg(2).
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE control_result unreadable(pid_t pid, bool there);

/// Why a daemon has not reloaded yet. `now`: what was found after the wait.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string why_not_reloaded(const pid_holder& daemon, const pid_holder& now);

/// No daemon that can be told to reload; otherwise the result has exit status 0.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE control_result told_nothing(const pid_holder& daemon);

/// The result of a reload that check() refused.
[[nodiscard, gnu::cold]] inline control_result not_reloaded(control_result wrong)
{
    wrong.message.insert(0, "not reloaded, the daemon was not told: ");
    return wrong;
}

/// Whether the PidPolicy itself finds the daemon and its socket at once. A class derived from such a policy does not,
/// because it may have a find() or a control_socket() of its own.
template <class PidPolicy>
inline constexpr bool finds_with_control_socket = requires {
    requires std::is_same_v<decltype(&PidPolicy::find_with_control_socket),
                            pid_holder (PidPolicy::*)(sys::unique_fd&) const>;
};

/// The daemon, and a socket for the request if the PidPolicy provides one.
template <class PidPolicy>
[[nodiscard, gnu::cold]] pid_holder find_to_ask(const PidPolicy& policy, [[maybe_unused]] sys::unique_fd& socket)
{
    if constexpr (finds_with_control_socket<PidPolicy>) {
        return find_started_by([&] { return policy.find_with_control_socket(socket); });
    } else {
        auto daemon = find_started(policy);
        if constexpr (has_control_socket<PidPolicy>)
            if (daemon) socket = policy.control_socket(daemon);
        return daemon;
    }
}

/// For a reload without check().
struct no_check
{};

/// Waits for the daemon's answer. Returns it, or the reason why none came.
template <class PidPolicy>
[[nodiscard, gnu::cold]] control_result answer_of(const PidPolicy& policy, const reload_call& call,
                                                  const pid_holder& daemon, const sys::deadline& until,
                                                  std::chrono::nanoseconds deadline)
{
    for (std::string refusal;;) {
        const bool gone =
            call.wait(daemon.process.get(), until.remaining()); // an answer sent before the exit is still queued
        const auto answer = call.answer(daemon.pid, until, refusal);
        switch (answer) {
        case reload_answer::reloaded:
            return {exit_status::done, daemon.pid, sys::joined({"reloaded (pid ", daemon.pid, ")"})};
        case reload_answer::refused:
            return {exit_status::error, daemon.pid,
                    sys::joined({"reload refused by pid ", daemon.pid, ", the old state stays: ", refusal})};
        case reload_answer::unread:
        case reload_answer::unread_there: return unreadable(daemon.pid, answer == reload_answer::unread_there);
        case reload_answer::none: break;
        }
        if (gone)
            return {exit_status::error, daemon.pid,
                    sys::joined({"pid ", daemon.pid, " exited before it had reloaded"})};
        if (until.passed())
            return {exit_status::error, daemon.pid,
                    sys::joined({"pid ", daemon.pid, " has not reloaded within ", sys::in_seconds(deadline),
                                 " s: ", why_not_reloaded(daemon, policy.find())})};
    }
}

/// Makes the daemon reload. Returns when the daemon has reloaded, if the PidPolicy provides a socket for the request.
/// Otherwise returns when SIGHUP was sent. A daemon that starts reads the request when it handles signals. `check()`
/// returns why it must not be told; it is called if there is a daemon.
template <class PidPolicy, class Check = no_check>
[[nodiscard, gnu::cold]] control_result reload(const PidPolicy& policy, std::chrono::nanoseconds deadline,
                                               [[maybe_unused]] Check check = {})
try {
    const sys::cancellation off(PTHREAD_CANCEL_DISABLE);
    sys::unique_fd socket;
    const auto daemon = find_to_ask(policy, socket);
    if (auto none = told_nothing(daemon); none.status != exit_status::done) return none;
    if constexpr (!std::is_same_v<Check, no_check>)
        if (auto wrong = check(); wrong.status != exit_status::done) return not_reloaded(std::move(wrong));
    const sys::deadline until(deadline);
    reload_call call(std::move(socket));
    switch (request_reload(call, daemon, until)) {
    case request::refused: return cannot_signal(daemon.pid);
    case request::sent:
    case request::too_late: return answer_of(policy, call, daemon, until, deadline);
    case request::signal_only: break;
    }
    // A daemon that ends has given up its socket before it exits.
    const auto patience = std::chrono::seconds(has_control_socket<PidPolicy> ? 1 : 0);
    if (sys::readable_within(daemon.process.get(), patience)) return {exit_status::not_running, 0, "not running"};
    if constexpr (has_control_socket<PidPolicy>)
        return {exit_status::error, daemon.pid,
                sys::joined({"told to reload (pid ", daemon.pid,
                             "), but the result cannot be had: its control socket cannot be reached from here (another "
                             "network namespace, or a seccomp profile), or it has none; see the daemon's log"})};
    return {exit_status::done, daemon.pid,
            sys::joined({"told to reload (pid ", daemon.pid, "); the result is not known: see the daemon's log"})};
} catch (const std::exception& e) {
    return failure(e);
}

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE request request_reload(reload_call& call, const pid_holder& daemon, const sys::deadline& until)
{
    for (;;) {
        const bool asked = call.can_ask() && call.ask();
        if (sys::pidfd_queue_signal(daemon.process.get(), SIGHUP) == -1 && errno != ESRCH) return request::refused;
        if (asked) return request::sent;
        if (!call.can_ask()) return request::signal_only;
        const bool gone = call.wait(daemon.process.get(), std::chrono::milliseconds(1));
        if (gone || until.passed()) return request::too_late;
    }
}

DAEMONKIT_INLINE control_result unreadable(pid_t pid, bool there)
{
    constexpr std::string_view here = " is refused here";
    return {exit_status::error, pid,
            sys::joined({"told to reload (pid ", pid, "), but the result cannot be had: the system call recvmsg",
                         there ? " is refused in the daemon" : here, refused_here.substr(here.size()),
                         "; see the daemon's log"})};
}

DAEMONKIT_INLINE std::string why_not_reloaded(const pid_holder& daemon, const pid_holder& now)
{
    const bool same = now.pid == daemon.pid;
    return hindrance_of(daemon).sentence(same && now.starting   ? "it still starts, and reloads when it is ready"
                                         : same && now.stopping ? "it is stopping"
                                                                : too_busy);
}

DAEMONKIT_INLINE control_result told_nothing(const pid_holder& daemon)
{
    if (!daemon)
        return {daemon.starting ? exit_status::error : exit_status::not_running, 0,
                daemon.starting ? not_recorded_yet : "not running"};
    if (daemon.stopping)
        return {exit_status::not_running, daemon.pid,
                sys::joined({"not reloaded: it is stopping (pid ", daemon.pid, ")"})};
    if (daemon.pid == sys::this_process())
        return {exit_status::error, daemon.pid, "a daemon cannot reload itself by this verb: call on_reload()"};
    return {};
}

#endif

} // namespace daemonkit::detail
