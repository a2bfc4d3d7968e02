// SPDX-License-Identifier: BSL-1.0
// The start after the stop of a restart: a SIGKILL that the old daemon needed is reported with the result.
#pragma once

#include "../../core/start_result.hpp"
#include "../../fork/concept.hpp"
#include "../../sys/file.hpp"
#include "../../sys/process.hpp"
#include "../../text/joined.hpp"
#include "stop.hpp"

#include <string>
#include <utility>

namespace daemonkit::detail {

/// Whether the launcher returns from start(), with a message.
template <class DaemonSettings>
[[nodiscard]] bool returns_in_launcher(const DaemonSettings& s) noexcept
{
    using fork = decltype(s.fork);
    return detaches<fork> && !leaves_no_launcher<fork> && s.process.launcher_returns && sys::this_process() != 1;
}

/// After a stop: executes `start`, and appends to its message why the old daemon was killed, if it was. If the launcher
/// does not return from start(), prints that before, unless the policy is not to print how a start ended. Does not start
/// if the stop failed, or if no daemon ran and `condition` says so.
template <class DaemonSettings, class Start>
start_result start_again(control_result stopped, restart_if condition, const DaemonSettings& s, const std::string& name,
                         const Start& start)
{
    if (stopped.status != exit_status::done)
        return {{start_outcome::failed, stopped.status, stopped.pid, std::move(stopped.message)}, true};
    if (stopped.pid == 0 && condition == restart_if::running)
        return {{start_outcome::not_running, exit_status::done, 0, std::move(stopped.message)}, true};
    std::string note;
    if (!stopped.killed.empty())
        note = sys::joined({"the old daemon (pid ", stopped.pid, ") was killed: ", stopped.killed});
    if (!note.empty() && !returns_in_launcher(s)) {
        const bool prints = [&] {
            if constexpr (requires { s.fork.announces; })
                return s.fork.announces;
            else
                return true;
        }();
        if (prints) sys::write_all(2, sys::joined({name, ": ", note, "\n"}));
        note.clear();
    }
    auto result = start();
    if (result.in_launcher && !note.empty()) result.message += sys::joined({result.message.empty() ? "" : "; ", note});
    return result;
}

} // namespace daemonkit::detail
