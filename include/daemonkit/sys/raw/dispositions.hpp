// SPDX-License-Identifier: BSL-1.0
// Resetting the dispositions of all signals.
#pragma once

#include "call.hpp"

namespace daemonkit::sys {

/// Sets every disposition to the default, daemon(7), step 2. Skips SIGKILL and SIGSTOP, which cannot be set, and the
/// signals that the C library reserves. Makes raw calls, because sigaction(3) takes eight times the instructions, for
/// each of 60 signals.
inline void reset_dispositions() noexcept
{
    constexpr int first_real_time = 32; // of the kernel; the C library reserves those below SIGRTMIN
    const int first_free = SIGRTMIN;
    for (int signal = 1; signal < _NSIG; ++signal)
        if (signal != SIGKILL && signal != SIGSTOP && (signal < first_real_time || signal >= first_free))
            raw::set_default(signal);
}

} // namespace daemonkit::sys
