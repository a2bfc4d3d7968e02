// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: signal_arrived() needs self_pipe_signals, reaping_signals or flag_signals
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
    int run() { return signal_arrived() ? 1 : 0; }
};

int main() { return mine{}.start({}); }
