// SPDX-License-Identifier: BSL-1.0
// Combinations of policies, one for each kind of deployment. Each part that you name replaces the preset's policy of
// the same family, in any order: sysv_daemon<D, pid_file, log_file_stdio>. A preset of your own is an alias: `template
// <class D> using ours = sysv_daemon<D, no_pid_file>;`.
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

/// For init scripts and cluster managers: the SysV daemon of daemon(7). It cannot acquire a controlling terminal again,
/// and its pid file is verified by the verbs stop and status.
template <class Derived, class... NamedParts>
using sysv_daemon =
    detail::preset<Derived, detail::defaults<double_fork, flock_pid_file, signalfd_signals, null_stdio, no_notify>,
                   NamedParts...>;

/// Like BSD's daemon(3) and pidfile(3): one fork and a locked pid file. Receives signals by POSIX functions only.
template <class Derived, class... NamedParts>
using bsd_daemon =
    detail::preset<Derived, detail::defaults<single_fork, flock_pid_file, self_pipe_signals, null_stdio, no_notify>,
                   NamedParts...>;

/// For systemd, s6 and runit: the new-style daemon of daemon(7). It stays in the foreground and notifies the service
/// manager, which knows its pid, keeps its log and restarts it.
template <class Derived, class... NamedParts>
using systemd_daemon =
    detail::preset<Derived, detail::defaults<no_fork, no_pid_file, signalfd_signals, inherit_stdio, service_notify>,
                   NamedParts...>;

/// For containers. It handles SIGTERM, because the kernel ignores unhandled signals to pid 1. It blocks no signals in
/// the programs that it executes. It collects orphans, which become children of pid 1.
template <class Derived, class... NamedParts>
using container_daemon =
    detail::preset<Derived, detail::defaults<no_fork, no_pid_file, reaping_signals, inherit_stdio, no_notify>,
                   NamedParts...>;

/// One program for all of these: the verb start for init scripts and cluster managers, the verb run for service
/// managers and containers. Only one instance runs, whichever verb started it.
template <class Derived, class... NamedParts>
using universal_daemon =
    detail::preset<Derived, detail::defaults<double_fork, flock_pid_file, reaping_signals, null_stdio, service_notify>,
                   NamedParts...>;

} // namespace daemonkit
