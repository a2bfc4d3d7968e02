// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the StdioPolicy lacks `static constexpr bool reopens`
#include "foreground.hpp"

struct mine
{
    static constexpr bool keeps_terminal = true;
#ifndef REJECT
    static constexpr bool reopens = false;
#endif
    fixed_streams redirect() const { return {}; }
};

int main() { return start<with_stdio<mine>>({}); }
