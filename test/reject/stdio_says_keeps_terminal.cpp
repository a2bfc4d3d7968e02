// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the StdioPolicy lacks `static constexpr bool keeps_terminal`
#include "foreground.hpp"

struct mine
{
#ifndef REJECT
    static constexpr bool keeps_terminal = true;
#endif
    static constexpr bool reopens = false;
    fixed_streams redirect() const { return {}; }
};

int main() { return start<with_stdio<mine>>({}); }
