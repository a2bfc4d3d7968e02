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

namespace daemonkit::detail {

/// Whether the launcher returns from start(), with a message.
template <class ForkPolicy>
[[nodiscard]] bool launcher_returns() noexcept
{
    return detaches<ForkPolicy> && !leaves_no_launcher<ForkPolicy> && sys::this_process() != 1;
}

/// Executes `start`, and appends to its message why the old daemon was killed, if it was. If the launcher does not
/// return from start(), prints that before, unless the policy is not to print how a start ended.
template <class ForkPolicy, class Start>
start_result start_again(const control_result& stopped, const ForkPolicy& fork, const std::string& name,
                         const Start& start)
{
    std::string note;
    if (!stopped.killed.empty())
        note = sys::joined({"the old daemon (pid ", stopped.pid, ") was killed: ", stopped.killed});
    if (!note.empty() && !launcher_returns<ForkPolicy>()) {
        const bool prints = [&] {
            if constexpr (requires { fork.announces; })
                return fork.announces;
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
