// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: on_dropped is private or has another signature: declare `public: void on_dropped()`
#include "foreground.hpp"

struct mine : foreground<mine>
{
    int run() { return 0; }
#ifdef REJECT
private:
    void on_dropped() {}
#else
public:
    void on_dropped() {}
#endif
};

int main() { return mine{}.start({}); }
