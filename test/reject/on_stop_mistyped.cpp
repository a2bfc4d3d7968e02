// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: on_stop is private or has another signature: declare `public: void on_stop()`
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
