// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the ForkPolicy lacks `detach() const`
#include "foreground.hpp"

struct mine
{
    static constexpr bool detaches = false;
#ifndef REJECT
    no_fork::link detach() const { return {}; }
#endif
};

int main() { return start<with_fork<mine>>({}); }
