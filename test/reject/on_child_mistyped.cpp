// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: on_child is private or has another signature: declare `public: void on_child(pid_t child, int wait_status)`
#include "foreground.hpp"

#include <daemonkit/signal/reaping_signals.hpp>

struct mine : foreground<mine, daemonkit::reaping_signals>
{
    int run() { return 0; }
#ifdef REJECT
    void on_child(pid_t) {}
#else
    void on_child(pid_t, int) {}
#endif
};

int main() { return mine{}.start({}); }
