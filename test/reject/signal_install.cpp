// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the SignalPolicy lacks `install(std::span<const int>, const sigset_t&) const`
#include "foreground.hpp"

struct mine
{
    static constexpr bool claims_signals = true;
    static constexpr std::array<int, 0> chosen{};
#ifndef REJECT
    inherit_signals::guard install(std::span<const int>, const sigset_t&) const { return {}; }
#endif
};

int main() { return start<with_signals<mine>>({}); }
