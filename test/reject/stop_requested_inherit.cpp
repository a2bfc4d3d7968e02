// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: this SignalPolicy receives no stop signal
#include "foreground.hpp"

#include <daemonkit/signal/self_pipe_signals.hpp>

#ifdef REJECT
using signals = daemonkit::inherit_signals;
#else
using signals = daemonkit::self_pipe_signals;
#endif

struct mine : foreground<mine, signals>
{
    int run() { return stop_requested() ? 1 : 0; }
};

int main() { return mine{}.start({}); }
