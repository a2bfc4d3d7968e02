// SPDX-License-Identifier: BSL-1.0
// How a start ended, as the process that called start() learns it.
#pragma once

#include "exit_status.hpp"

#include <sys/types.h>

#include <string>

namespace daemonkit {

enum class start_outcome {
    ready,           ///< origin: the daemon is up
    already_running, ///< origin: another one is, and stays; success by LSB 3.1, section 20.2
    failed,          ///< a step, a hook or run() failed before the daemon was ready
    died,            ///< the daemon died before it was ready
    late,            ///< the deadline passed; the daemon was ended
    not_running,     ///< try_restart() of a daemon that does not run
    finished         ///< daemon: run() has returned, or threw after ready
};

struct start_report
{
    start_outcome outcome = start_outcome::failed;
    int status = exit_status::error; ///< for the shell
    pid_t pid = 0;                   ///< the daemon's, where it is known
    std::string message{};           ///< one sentence; empty where there is nothing to say
    int error = 0;                   ///< the errno behind it; 0: none
};

/// What start() returns, in each of the processes that return from it.
struct start_result : start_report
{
    /// Whether this is the process that called start() and the daemon is another one.
    bool in_origin = true;

    /// The exit status: `return my_daemon{}.start(settings);` in main() is right in both processes.
    operator int() const noexcept { return status; } // NOLINT(*-explicit-*)
};

} // namespace daemonkit
