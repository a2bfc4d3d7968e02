// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: on_signal is missing, private or has another signature: a daemon that chooses signals declares `public: void on_signal(int signal)`
#include "foreground.hpp"

#include <daemonkit/signal/flag_signals.hpp>

struct mine : foreground<mine, daemonkit::basic_flag_signals<SIGUSR1>>
{
    int run() { return 0; }
#ifndef REJECT
    void on_signal(int) {}
#endif
};

int main() { return mine{}.start({}); }
