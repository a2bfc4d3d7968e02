// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the StdioPolicy lacks `redirect() const`
#include "foreground.hpp"

struct mine
{
    static constexpr bool keeps_terminal = true;
    static constexpr bool reopens = false;
#ifndef REJECT
    fixed_streams redirect() const { return {}; }
#endif
};

int main() { return start<with_stdio<mine>>({}); }
