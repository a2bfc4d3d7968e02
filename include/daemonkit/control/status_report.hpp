// SPDX-License-Identifier: BSL-1.0
// What status returns.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../compiled.hpp"
#include "../core/exit_status.hpp"
#include "../core/status_details.hpp"
#include "../sys/time.hpp"

#include <sys/types.h>

#include <optional>
#include <string>

namespace daemonkit {

/// The state of a daemon, as another process finds it.
struct status_report
{
    /// Whether the daemon runs.
    enum class condition {
        running,   ///< the daemon runs
        starting,  ///< the daemon runs and is not ready yet; without a pid: a start has not recorded it yet
        dead,      ///< no daemon runs, but its stale record exists
        stopped,   ///< no daemon runs, and there is no record
        unknown,   ///< the state cannot be found out; `message` says why
        reloading, ///< the daemon runs and reloads
        stopping   ///< the daemon runs, and has begun to stop
    };

    condition state = condition::stopped; ///< what the daemon does
    std::string name{};                   ///< name of the daemon, from the settings
    pid_t pid = 0;                        ///< pid of the daemon; 0: none runs
    std::optional<std::chrono::system_clock::time_point>
        since{};             ///< start time of the process; empty if /proc hides it
    std::string where{};     ///< path of the record
    std::string message{};   ///< why the state is unknown
    std::string suspended{}; ///< why a daemon that runs does nothing: "stopped by a signal", "stopped by a debugger",
                             ///< "frozen with its cgroup PATH"; empty: it is not, or /proc hides it
    std::optional<std::chrono::seconds>
        uptime{}; ///< time since the start of the process; a jump of the wall clock does not change it; empty as `since`
    std::string status_text{}; ///< the line that the daemon gave to notify_status() last; empty: none is known

    /// Whether the daemon has reported that it is ready, and has not begun to stop.
    [[nodiscard]] bool ready() const noexcept { return state == condition::running || state == condition::reloading; }

    /// The exit status, LSB 3.1, section 20.2.
    [[nodiscard]] int status() const noexcept;
    /// The exit status, so that main() can return the report.
    operator int() const noexcept { return status(); } // NOLINT(*-explicit-*)
};

/// The state of a daemon with a PidPolicy that knows more than a pid.
struct detailed_status_report : status_report
{
    status_details details{}; ///< of a daemon that runs
};

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE int status_report::status() const noexcept
{
    switch (state) {
    case condition::running:
    case condition::reloading:
    case condition::stopping: return exit_status::status_running;
    case condition::starting: return pid != 0 ? exit_status::status_running : exit_status::status_stopped;
    case condition::dead: return exit_status::status_dead_pid_file;
    case condition::stopped: return exit_status::status_stopped;
    case condition::unknown: break;
    }
    return exit_status::status_unknown;
}

#endif

} // namespace daemonkit
