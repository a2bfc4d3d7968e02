// SPDX-License-Identifier: BSL-1.0
// Ready combinations, one a deployment. Parts that are named replace the preset's parts of the same family, in any
// order: sysv_daemon<D, pid_file, log_file_stdio>. A preset of your own is an alias: `template <class D> using ours =
// sysv_daemon<D, no_pid_file>;`.
#pragma once

#include "core/require_cxx20.hpp"

#include "basic_daemon.hpp"
#include "fork.hpp"
#include "lifecycle/detail/preset.hpp"
#include "notify.hpp"
#include "pid.hpp"
#include "signal.hpp"
#include "stdio.hpp"

namespace daemonkit {

/// For init scripts and cluster managers: daemon(7)'s SysV daemon. It has left the terminal for good, and has an
/// identity that stop and status can trust.
template <class Derived, class... NamedParts>
using sysv_daemon =
    detail::preset<Derived, detail::defaults<double_fork, flock_pid_file, signalfd_signals, null_stdio, no_notify>,
                   NamedParts...>;

/// As BSD's daemon(3) and pidfile(3) do it: one fork, and a locked pid file. Signals are heard by POSIX means.
template <class Derived, class... NamedParts>
using bsd_daemon =
    detail::preset<Derived, detail::defaults<single_fork, flock_pid_file, self_pipe_signals, null_stdio, no_notify>,
                   NamedParts...>;

/// For systemd, s6 and runit: daemon(7)'s new-style daemon stays in the foreground of a manager that knows its pid,
/// keeps its log, restarts it and is told when it is ready.
template <class Derived, class... NamedParts>
using systemd_daemon =
    detail::preset<Derived, detail::defaults<no_fork, no_pid_file, signalfd_signals, inherit_stdio, service_notify>,
                   NamedParts...>;

/// For containers. Pid 1 has no default action for TERM, so it must hear it; what it executes inherits no blocked mask;
/// and it collects orphans, which become its children.
template <class Derived, class... NamedParts>
using container_daemon =
    detail::preset<Derived, detail::defaults<no_fork, no_pid_file, reaping_signals, inherit_stdio, no_notify>,
                   NamedParts...>;

/// One binary for all of them: the verb start suits init scripts and cluster managers, the verb run service managers
/// and containers. Only one instance runs, whichever verb started it.
template <class Derived, class... NamedParts>
using universal_daemon =
    detail::preset<Derived, detail::defaults<double_fork, flock_pid_file, reaping_signals, null_stdio, service_notify>,
                   NamedParts...>;

} // namespace daemonkit
