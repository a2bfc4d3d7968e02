// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: ready() is called by the lifecycle before run(): declare `static constexpr bool announces_ready = true` in the daemon's class to call it in run() instead
#include "foreground.hpp"

struct mine : foreground<mine>
{
#ifndef REJECT
    static constexpr bool announces_ready = true;
#endif
    int run()
    {
        ready();
        return 0;
    }
};

int main() { return mine{}.start({}); }
