// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: this hook does not take the arguments that start() is given after the settings: declare it with exactly these, or with none
#include "foreground.hpp"

struct mine : foreground<mine>
{
    int run() { return 0; }
#ifdef REJECT
    void on_stop(int) {}
#else
    void on_stop() {}
#endif
};

int main() { return mine{}.start({}); }
