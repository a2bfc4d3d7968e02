// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: on_reload is private or has another signature: declare `public: void on_reload()`
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
