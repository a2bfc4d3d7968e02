// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: run() is private, or does not take the arguments
#include "foreground.hpp"

struct mine : foreground<mine>
{
#ifdef REJECT
private:
    int run() { return 0; }
#else
public:
    int run() { return 0; }
#endif
};

int main() { return mine{}.start({}); }
