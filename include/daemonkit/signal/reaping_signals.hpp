// SPDX-License-Identifier: BSL-1.0
// self_pipe_signals for pid 1 of a container, and any other process that orphans are given to: it hears SIGCHLD too,
// and wait() and wait_for() collect every child that has ended, whoever made it. Children that are waited for where
// they are made (system(3), waitpid(2)) are so before the next wait; of the others on_child() tells. A thread that waits
// for a child of its own races with that: let run() wait for it, or on_child() tell.
#pragma once

#include "../core/require_cxx20.hpp"

#include "self_pipe_signals.hpp"

namespace daemonkit {

template <int... Chosen>
struct basic_reaping_signals : basic_self_pipe_signals<SIGCHLD, Chosen...>
{
    static constexpr bool collects_children = true;
};

/// Stop and reload only. `basic_reaping_signals<SIGUSR1>` hears SIGUSR1 too and hands it to on_signal().
using reaping_signals = basic_reaping_signals<>;

} // namespace daemonkit
