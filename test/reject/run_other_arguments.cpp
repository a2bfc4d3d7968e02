// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: run() is private, or does not take the arguments that start() is given after the settings
#include "foreground.hpp"

struct mine : foreground<mine>
{
#ifdef REJECT
    int run(const std::string&) { return 0; }
#else
    int run(int) { return 0; }
#endif
};

int main() { return mine{}.start({}, 5); }
