// SPDX-License-Identifier: BSL-1.0
// self_pipe_signals for a process that receives orphans: pid 1 of a container, or a subreaper. It also receives
// SIGCHLD. wait() and wait_for() collect every child that has exited, whichever process created it, and call
// on_child().
//
// Code that waits for its own child at once, as system(3) does, in the thread that called start(), still gets the
// status. Another thread that calls waitpid(2) races with wait(): use on_child() instead, or wait for the child in
// run().
#pragma once

#include "../core/require_cxx20.hpp"

#include "self_pipe_signals.hpp"

namespace daemonkit {

/// SignalPolicy: self_pipe_signals that also collects children. `Chosen` are the signals for on_signal().
template <int... ChosenSignals>
struct basic_reaping_signals : basic_self_pipe_signals<SIGCHLD, ChosenSignals...>
{
    static constexpr bool collects_children = true; ///< wait() collects every child that has ended
};

/// Receives stop and reload only. `basic_reaping_signals<SIGUSR1>` also receives SIGUSR1 and passes it to on_signal().
using reaping_signals = basic_reaping_signals<>;

} // namespace daemonkit
