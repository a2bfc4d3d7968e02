// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: run() must return int, the exit status of the daemon
#include "foreground.hpp"

struct mine : foreground<mine>
{
#ifdef REJECT
    void run() {}
#else
    int run() { return 0; }
#endif
};

int main() { return mine{}.start({}); }
