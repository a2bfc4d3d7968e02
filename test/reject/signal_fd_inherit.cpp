// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: this SignalPolicy has no descriptor: use signalfd_signals or self_pipe_signals
#include "foreground.hpp"

#include <daemonkit/signal/signalfd_signals.hpp>

#ifdef REJECT
using signals = daemonkit::inherit_signals;
#else
using signals = daemonkit::signalfd_signals;
#endif

struct mine : foreground<mine, signals>
{
    int run() { return signal_fd(); }
};

int main() { return mine{}.start({}); }
