// SPDX-License-Identifier: BSL-1.0
// Repeats a system call that a signal interrupted.
#pragma once

#include <cerrno>

namespace daemonkit::sys {

template <class Call>
auto retry(Call call) noexcept(noexcept(call()))
{
    for (;;)
        if (const auto result = call(); result != -1 || errno != EINTR) return result;
}

} // namespace daemonkit::sys
