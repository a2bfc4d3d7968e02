// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the guard that the SignalPolicy's install() returns lacks `signal_event wait(std::chrono::nanoseconds timeout, int also)`
#include "foreground.hpp"

struct mine
{
    struct guard
    {
#ifdef REJECT
        void wait(std::chrono::nanoseconds, int) {}
#else
        signal_event wait(std::chrono::nanoseconds, int) { return {}; }
#endif
    };
    static constexpr bool claims_signals = false;
    guard install(std::span<const int>, const sigset_t&) const { return {}; }
};

int main() { return start<with_signals<mine>>({}); }
