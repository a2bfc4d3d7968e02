// SPDX-License-Identifier: BSL-1.0
// signalfd(2).
#pragma once

#include "retry.hpp"
#include "unique_fd.hpp"

#include <signal.h>
#include <sys/signalfd.h>

namespace daemonkit::sys {

inline int open_signal_fd(const sigset_t& set) noexcept { return ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK); }

/// The next signal that waits, or 0.
inline int read_signal(int fd) noexcept
{
    signalfd_siginfo info;
    const auto n = retry([&] { return ::read(fd, &info, sizeof info); });
    return n == sizeof info ? static_cast<int>(info.ssi_signo) : 0;
}

} // namespace daemonkit::sys
