// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the NotifyPolicy lacks `static constexpr bool notifies`
#include "foreground.hpp"

struct mine
{
#ifndef REJECT
    static constexpr bool notifies = false;
#endif
};

int main() { return start<with_notify<mine>>({}); }
