// SPDX-License-Identifier: BSL-1.0
// self_pipe_signals for a process with children: the master of workers, pid 1 of a container, or a subreaper. It also
// receives SIGCHLD. wait() and wait_for() collect every child that has exited, and call on_child().
//
// Code that waits for its own child at once, as system(3) does, still gets the status: in the thread that called start(),
// because wait() does not run meanwhile, and in another thread, because wait() leaves exited children alone for half a
// second if the process has several threads. Code that waits for its child later than that finds no child: use
// on_child() there.
#pragma once

#include "../core/require_cxx20.hpp"

#include "self_pipe_signals.hpp"

namespace daemonkit {

/// SignalPolicy: self_pipe_signals that also collects children. `Chosen` are the signals for on_signal().
template <int... ChosenSignals>
struct basic_reaping_signals : basic_self_pipe_signals<SIGCHLD, ChosenSignals...>
{
    static constexpr bool collects_children = true; ///< wait() collects every child that has exited
};

/// Receives stop and reload only. `basic_reaping_signals<SIGUSR1>` also receives SIGUSR1 and passes it to on_signal().
using reaping_signals = basic_reaping_signals<>;

} // namespace daemonkit
