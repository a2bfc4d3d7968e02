// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: this hook does not take the arguments that start() is given after the settings: declare it with exactly these, or with none
#include "foreground.hpp"

#include <daemonkit/signal/flag_signals.hpp>

struct mine : foreground<mine, daemonkit::flag_signals>
{
    int run() { return 0; }
#ifdef REJECT
    void on_reload(int) {}
#else
    void on_reload() {}
#endif
};

int main() { return mine{}.start({}); }
