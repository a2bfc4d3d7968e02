// SPDX-License-Identifier: BSL-1.0
// Repeating interrupted system calls.
#pragma once

#include <cerrno>

namespace daemonkit::sys {

/// Repeats call() as long as it fails with EINTR; returns its result.
template <class SystemCall>
auto retry(SystemCall call) noexcept(noexcept(call()))
{
    for (;;)
        if (const auto result = call(); result != -1 || errno != EINTR) return result;
}

} // namespace daemonkit::sys
