// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the SignalPolicy lacks `chosen`, the static constexpr array of the signals
#include "foreground.hpp"

struct mine
{
    static constexpr bool claims_signals = true;
#ifndef REJECT
    static constexpr std::array<int, 0> chosen{};
#endif
    inherit_signals::guard install(std::span<const int>, const sigset_t&) const { return {}; }
};

int main() { return start<with_signals<mine>>({}); }
