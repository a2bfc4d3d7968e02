// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: on_signal would never be called: this SignalPolicy chooses no signal; name some, as in basic_signalfd_signals<SIGUSR1>, or remove the hook
#include "foreground.hpp"

#include <daemonkit/signal/flag_signals.hpp>

#ifdef REJECT
using signals = daemonkit::flag_signals;
#else
using signals = daemonkit::basic_flag_signals<SIGUSR1>;
#endif

struct mine : foreground<mine, signals>
{
    int run() { return 0; }
    void on_signal(int) {}
};

int main() { return mine{}.start({}); }
