// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: on_start is private or has another signature: declare `public: void on_start()`
#include "foreground.hpp"

struct mine : foreground<mine>
{
    int run() { return 0; }
#ifdef REJECT
private:
    void on_start() {}
#else
public:
    void on_start() {}
#endif
};

int main() { return mine{}.start({}); }
