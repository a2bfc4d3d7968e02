// SPDX-License-Identifier: BSL-1.0
// How a start ended, as start() reports it in the launcher and in the daemon.
#pragma once

#include "require_cxx20.hpp"

#include "exit_status.hpp"

#include <sys/types.h>

#include <string>

namespace daemonkit {

/// How a start ended, and which process learns it.
enum class start_outcome {
    ready,           ///< launcher: the daemon is ready
    already_running, ///< launcher: another daemon runs and was not touched; success by LSB 3.1, section 20.2
    failed,          ///< a step, a hook or run() failed before the daemon was ready
    died,            ///< launcher: the daemon died before it was ready
    late,            ///< launcher: the deadline passed, and the daemon was ended
    not_running,     ///< launcher: try_restart() of a daemon that does not run
    finished,        ///< daemon: run() returned, or threw an exception after the daemon was ready
    cancelled        ///< launcher: SIGINT, SIGQUIT, SIGTERM or SIGHUP arrived while it waited; the daemon was ended
};

/// What a fork link tells the launcher about the start.
struct start_report
{
    start_outcome outcome = start_outcome::failed; ///< how the start ended
    int status = exit_status::error;               ///< exit status for the shell
    pid_t pid = 0;                                 ///< pid of the daemon; 0: not known
    std::string message{};                         ///< one sentence; empty if there is nothing to say
    int error = 0;                                 ///< the errno of the failure; 0: none
    /// The daemon could not be ended, and may live: the launcher then leaves its identity alone.
    bool lives_on = false;
};

/// What start() returns, in each of the processes that return from it.
struct start_result : start_report
{
    /// true in the process that called start() if the daemon is another process. Code after start() runs in both
    /// processes.
    bool in_launcher = true;

    /// The exit status: `return my_daemon{}.start(settings);` in main() is right in both processes.
    operator int() const noexcept { return status; } // NOLINT(*-explicit-*)
};

/// When restart starts the daemon: always, or only if it was running.
enum class restart_if { always, running };

} // namespace daemonkit
