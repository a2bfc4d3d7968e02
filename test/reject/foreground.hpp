// SPDX-License-Identifier: BSL-1.0
// The smallest daemon, and the same with one part replaced. There are many of these tests, so each includes only what
// it needs.
#pragma once

#include <daemonkit/basic_daemon.hpp>
#include <daemonkit/fork/no_fork.hpp>
#include <daemonkit/pid/no_pid_file.hpp>
#include <daemonkit/signal/inherit_signals.hpp>
#include <daemonkit/stdio/inherit_stdio.hpp>

using daemonkit::fixed_streams;
using daemonkit::inherit_signals;
using daemonkit::inherit_stdio;
using daemonkit::no_fork;
using daemonkit::no_pid_file;
using daemonkit::no_progress;
using daemonkit::pid_holder;
using daemonkit::signal_event;
using daemonkit::start_report;

template <class Derived, class SignalPolicy = inherit_signals>
using foreground = daemonkit::basic_daemon<Derived, no_fork, no_pid_file, SignalPolicy, inherit_stdio>;

template <class ForkPolicy, class PidPolicy, class SignalPolicy, class StdioPolicy,
          class NotifyPolicy = daemonkit::no_notify>
struct composed : daemonkit::basic_daemon<composed<ForkPolicy, PidPolicy, SignalPolicy, StdioPolicy, NotifyPolicy>,
                                          ForkPolicy, PidPolicy, SignalPolicy, StdioPolicy, NotifyPolicy>
{
    int run() { return 0; }
};

template <class ForkPolicy>
using with_fork = composed<ForkPolicy, no_pid_file, inherit_signals, inherit_stdio>;
template <class PidPolicy>
using with_pid = composed<no_fork, PidPolicy, inherit_signals, inherit_stdio>;
template <class SignalPolicy>
using with_signals = composed<no_fork, no_pid_file, SignalPolicy, inherit_stdio>;
template <class StdioPolicy>
using with_stdio = composed<no_fork, no_pid_file, inherit_signals, StdioPolicy>;
template <class NotifyPolicy>
using with_notify = composed<no_fork, no_pid_file, inherit_signals, inherit_stdio, NotifyPolicy>;

template <class Daemon>
inline constexpr auto start = [](const typename Daemon::settings& s) { return static_cast<int>(Daemon{}.start(s)); };
