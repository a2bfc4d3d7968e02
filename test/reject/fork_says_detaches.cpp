// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the ForkPolicy lacks `static constexpr bool detaches`
#include "foreground.hpp"

struct mine
{
#ifndef REJECT
    static constexpr bool detaches = false;
#endif
};

int main() { return start<with_fork<mine>>({}); }
