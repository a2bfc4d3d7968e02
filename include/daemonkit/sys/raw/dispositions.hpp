// SPDX-License-Identifier: BSL-1.0
// The dispositions of all signals at once.
#pragma once

#include "call.hpp"

namespace daemonkit::sys {

/// Every disposition back to the default, daemon(7), step 2, but for the two that cannot be set and those that the C
/// library keeps for itself. Raw, because the library's call takes eight times the instructions, 60 times.
inline void reset_dispositions() noexcept
{
    constexpr int first_real_time = 32; // SIGRTMIN comes after those of the library
    const int first_free = SIGRTMIN;
    for (int signal = 1; signal < _NSIG; ++signal)
        if (signal != SIGKILL && signal != SIGSTOP && (signal < first_real_time || signal >= first_free))
            raw::set_default(signal);
}

} // namespace daemonkit::sys
