// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: this SignalPolicy has no descriptor: use signalfd_signals or self_pipe_signals
#include "foreground.hpp"

#include <daemonkit/signal/flag_signals.hpp>
#include <daemonkit/signal/self_pipe_signals.hpp>

#ifdef REJECT
using signals = daemonkit::flag_signals;
#else
using signals = daemonkit::self_pipe_signals;
#endif

struct mine : foreground<mine, signals>
{
    int run() { return signal_fd(); }
};

int main() { return mine{}.start({}); }
