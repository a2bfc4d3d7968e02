// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: on_reload would never be called: inherit_signals does not receive SIGHUP; use another SignalPolicy, or remove the hook
#include "foreground.hpp"

#include <daemonkit/signal/flag_signals.hpp>

#ifdef REJECT
using signals = inherit_signals;
#else
using signals = daemonkit::flag_signals;
#endif

struct mine : foreground<mine, signals>
{
    int run() { return 0; }
    void on_reload() {}
};

int main() { return mine{}.start({}); }
