// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the daemon has no run(): declare `public: int run()`
#include "foreground.hpp"

struct mine : foreground<mine>
{
#ifndef REJECT
    int run() { return 0; }
#endif
};

int main() { return mine{}.start({}); }
