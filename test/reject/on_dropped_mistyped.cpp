// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: this hook does not take the arguments that start() is given after the settings: declare it with exactly these, or with none
#include "foreground.hpp"

struct mine : foreground<mine>
{
    int run(int) { return 0; }
#ifdef REJECT
    void on_dropped(const char*) {}
#else
    void on_dropped(int) {}
#endif
};

int main() { return mine{}.start({}, 7); }
