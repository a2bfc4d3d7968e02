// SPDX-License-Identifier: BSL-1.0
// How another process makes a daemon reload, and hears how that ended (reload_protocol.hpp).
#pragma once

#include "../../pid/concept.hpp"
#include "../../sys/deadline.hpp"
#include "failure.hpp"
#include "reload_protocol.hpp"
#include "signalling.hpp"

#include <string>
#include <utility>

namespace daemonkit::detail {

/// What was done before the answer is awaited.
enum class request {
    made,      ///< the question was sent, then HUP
    cannot_be, ///< HUP was sent; this daemon cannot be asked from here
    refused,   ///< HUP could not be sent; errno
    too_late   ///< the daemon read no questions until the deadline, or exited
};

/// Asks first and sends HUP then: the daemon reads the question when it takes the HUP. The queue may be full: each HUP
/// makes the daemon read it.
[[nodiscard]] inline request request_reload(reload_call& call, const pid_holder& daemon, const sys::deadline& until)
{
    for (;;) {
        const bool asked = call.can_ask() && call.ask();
        if (!send(daemon, SIGHUP)) return request::refused;
        if (asked) return request::made;
        if (!call.can_ask()) return request::cannot_be;
        const bool gone = call.wait(daemon.process.get(), std::chrono::milliseconds(1));
        if (gone || until.passed()) return request::too_late;
    }
}

/// The daemon's answer, or why there is none.
[[nodiscard]] inline control_result answer_of(const reload_call& call, const pid_holder& daemon,
                                              const sys::deadline& until, std::chrono::nanoseconds deadline)
{
    for (std::string refusal;;) {
        const bool gone = call.wait(daemon.process.get(), until.remaining()); // what it said before is there
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

/// Makes the daemon reload. Returns when it has reloaded, where the PidPolicy knows a socket to ask it by.
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
    switch (request_reload(call, daemon, until)) {
    case request::refused: return cannot_signal(daemon.pid);
    case request::made:
    case request::too_late: return answer_of(call, daemon, until, deadline);
    case request::cannot_be: break;
    }
    if (sys::has_exited(daemon.process.get())) return {exit_status::not_running, 0, "not running"};
    return {exit_status::done, daemon.pid,
            sys::joined({"told to reload (pid ", daemon.pid, "); how that ends cannot be heard from here"})};
} catch (const std::exception& e) {
    return failure(e);
}

} // namespace daemonkit::detail
