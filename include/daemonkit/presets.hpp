// SPDX-License-Identifier: BSL-1.0
// Ready combinations, one a deployment. Each part can be replaced: sysv_daemon<D, pid_file>, or a preset of your own,
// `template <class D> using ours = sysv_daemon<D, no_pid_file>;`.
#pragma once

#include "basic_daemon.hpp"
#include "fork.hpp"
#include "pid.hpp"
#include "signal.hpp"
#include "stdio.hpp"

namespace daemonkit {

/// For init scripts and cluster managers: daemon(7)'s SysV daemon, gone from the terminal for good, with an identity
/// that stop and status can trust.
template <class Derived, class PidPolicy = flock_pid_file, class SignalPolicy = signalfd_signals,
          class StdioPolicy = null_stdio, class ForkPolicy = double_fork>
using sysv_daemon = basic_daemon<Derived, ForkPolicy, PidPolicy, SignalPolicy, StdioPolicy>;

/// For the ways of BSD's daemon(3) and pidfile(3): one fork, a locked pid file and nothing that only Linux has.
template <class Derived, class PidPolicy = flock_pid_file, class SignalPolicy = self_pipe_signals,
          class StdioPolicy = null_stdio, class ForkPolicy = single_fork>
using bsd_daemon = basic_daemon<Derived, ForkPolicy, PidPolicy, SignalPolicy, StdioPolicy>;

/// For systemd, s6 and runit: daemon(7)'s new-style daemon stays in the foreground of a manager that knows its pid,
/// keeps its log, restarts it and is told when it is ready.
template <class Derived, class PidPolicy = no_pid_file, class SignalPolicy = signalfd_signals,
          class StdioPolicy = inherit_stdio, class ForkPolicy = notify_no_fork>
using systemd_daemon = basic_daemon<Derived, ForkPolicy, PidPolicy, SignalPolicy, StdioPolicy>;

/// For containers: pid 1 has no default action for TERM, so it must hear; a handler is all it takes, and without a
/// blocked mask nothing of it reaches what the container executes. And orphans become its children.
template <class Derived, class PidPolicy = no_pid_file, class SignalPolicy = reaping_signals,
          class StdioPolicy = inherit_stdio, class ForkPolicy = no_fork>
using container_daemon = basic_daemon<Derived, ForkPolicy, PidPolicy, SignalPolicy, StdioPolicy>;

/// One binary for all of them: its verb start suits init scripts and cluster managers, its verb run service managers and
/// containers; and while one of them runs it, the others find it and start no second.
template <class Derived, class PidPolicy = flock_pid_file, class SignalPolicy = reaping_signals,
          class StdioPolicy = null_stdio, class ForkPolicy = notify_double_fork>
using universal_daemon = basic_daemon<Derived, ForkPolicy, PidPolicy, SignalPolicy, StdioPolicy>;

} // namespace daemonkit
