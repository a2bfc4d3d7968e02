// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the guard that the StdioPolicy's redirect() returns lacks `void give_to(uid_t, gid_t)`
#include "foreground.hpp"

struct mine
{
    struct guard
    {
#ifndef REJECT
        void give_to(uid_t, gid_t) {}
#endif
        void reopen() {}
    };
    static constexpr bool keeps_terminal = true;
    static constexpr bool reopens = false;
    guard redirect() const { return {}; }
};

int main() { return start<with_stdio<mine>>({}); }
