// SPDX-License-Identifier: BSL-1.0
// signalfd(2).
#pragma once

#include "retry.hpp"
#include "unique_fd.hpp"

#include <signal.h>
#include <sys/signalfd.h>

namespace daemonkit::sys {

/// Opens a descriptor for the signals in `set`, which must be blocked. -1 and errno on failure.
inline int open_signal_fd(const sigset_t& set) noexcept { return ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK); }

/// Reads the next pending signal, or 0 if there is none.
inline int read_signal(int fd)
{
    signalfd_siginfo info;
    const auto n = retry([&] { return ::read(fd, &info, sizeof info); });
    return n == sizeof info ? static_cast<int>(info.ssi_signo) : 0;
}

} // namespace daemonkit::sys
