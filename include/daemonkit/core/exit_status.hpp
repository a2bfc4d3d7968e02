// SPDX-License-Identifier: BSL-1.0
// The exit statuses of an init script, Linux Standard Base 3.1, section 20.2. Every exit status of the library has a
// name here.
#pragma once

#include "require_cxx20.hpp"

/// LSB 3.1, section 20.2.
namespace daemonkit::exit_status {

inline constexpr int done = 0;            ///< success
inline constexpr int error = 1;           ///< any other failure
inline constexpr int usage = 2;           ///< wrong arguments
inline constexpr int not_implemented = 3; ///< this daemon does not have the verb
inline constexpr int no_privilege = 4;    ///< permission denied
inline constexpr int not_configured = 6;  ///< a setting can never work
inline constexpr int not_running = 7;     ///< no daemon runs
/// The daemon has lost its identity, or another host has it: a supervisor tries again. EX_TEMPFAIL, sysexits.h(3).
inline constexpr int identity_lost = 75;

// Exit statuses of the verb status. The same standard gives these numbers another meaning for it.
inline constexpr int status_running = 0;       ///< a daemon runs
inline constexpr int status_dead_pid_file = 1; ///< no daemon runs, but the record of one exists
inline constexpr int status_stopped = 3;       ///< no daemon runs
inline constexpr int status_unknown = 4;       ///< the state cannot be found out

} // namespace daemonkit::exit_status
