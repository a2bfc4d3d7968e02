// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: run() must return int, the exit status of the daemon
#include "foreground.hpp"

struct mine : foreground<mine>
{
#ifdef REJECT
    std::string run() { return "done"; }
#else
    int run() { return 0; }
#endif
};

int main() { return mine{}.start({}); }
