// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the SignalPolicy says that it collects children, but SIGCHLD is not among its `chosen`
#include "foreground.hpp"

struct mine
{
    static constexpr bool claims_signals = true;
    static constexpr bool collects_children = true;
#ifdef REJECT
    static constexpr std::array<int, 0> chosen{};
#else
    static constexpr std::array<int, 1> chosen{SIGCHLD};
#endif
    inherit_signals::guard install(std::span<const int>, const sigset_t&) const { return {}; }
};

int main() { return start<with_signals<mine>>({}); }
