// SPDX-License-Identifier: BSL-1.0
// The exit statuses of an init script, Linux Standard Base 3.1, section 20.2. Every number that the library
// hands to a shell has its name here.
#pragma once

#include "require_cxx20.hpp"

namespace daemonkit::exit_status {

inline constexpr int done = 0;
inline constexpr int error = 1;
inline constexpr int usage = 2;
inline constexpr int not_implemented = 3;
inline constexpr int no_privilege = 4;
inline constexpr int not_configured = 6;
inline constexpr int not_running = 7;

/// What `status` answers; the same standard gives these numbers another meaning there.
inline constexpr int status_running = 0;
inline constexpr int status_dead_pid_file = 1;
inline constexpr int status_stopped = 3;
inline constexpr int status_unknown = 4;

} // namespace daemonkit::exit_status
