// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the SignalPolicy lacks `static constexpr bool claims_signals`
#include "foreground.hpp"

struct mine
{
#ifndef REJECT
    static constexpr bool claims_signals = true;
#endif
    static constexpr std::array<int, 0> chosen{};
    inherit_signals::guard install(std::span<const int>, const sigset_t&) const { return {}; }
};

int main() { return start<with_signals<mine>>({}); }
