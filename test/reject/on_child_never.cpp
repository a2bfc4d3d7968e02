// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: on_child would never be called: this SignalPolicy collects no children; use reaping_signals, or remove the hook
#include "foreground.hpp"

#include <daemonkit/signal/reaping_signals.hpp>

#ifdef REJECT
using signals = daemonkit::self_pipe_signals;
#else
using signals = daemonkit::reaping_signals;
#endif

struct mine : foreground<mine, signals>
{
    int run() { return 0; }
    void on_child(pid_t, int) {}
};

int main() { return mine{}.start({}); }
