// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: this SignalPolicy knows of a stop only inside wait() and wait_for(): call those, or use self_pipe_signals or flag_signals
#include "foreground.hpp"

#include <daemonkit/signal/flag_signals.hpp>
#include <daemonkit/signal/signalfd_signals.hpp>

#ifdef REJECT
using signals = daemonkit::signalfd_signals;
#else
using signals = daemonkit::flag_signals;
#endif

struct mine : foreground<mine, signals>
{
    int run() { return stop_requested() ? 1 : 0; }
};

int main() { return mine{}.start({}); }
