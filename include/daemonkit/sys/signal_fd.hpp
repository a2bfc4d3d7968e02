// SPDX-License-Identifier: BSL-1.0
// signalfd(2).
#pragma once

#include "../compiled.hpp"
#include "retry.hpp"
#include "unique_fd.hpp"

#include <signal.h>
#include <sys/signalfd.h>

namespace daemonkit::sys {

/// Opens a descriptor for the signals in `set`, which must be blocked. -1 and errno on failure.
inline int open_signal_fd(const sigset_t& set) noexcept { return ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK); }

/// A signal that was read.
struct received_signal
{
    int number = 0; ///< 0: none
    int code = 0;   ///< si_code of sigaction(2)
};

/// Reads the next pending signal.
DAEMONKIT_INLINE received_signal read_signal(int fd);

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE received_signal read_signal(int fd)
{
    signalfd_siginfo info;
    const auto n = retry([&] { return ::read(fd, &info, sizeof info); });
    if (n != sizeof info) return {};
    return {static_cast<int>(info.ssi_signo), info.ssi_code};
}

#endif

} // namespace daemonkit::sys
