// SPDX-License-Identifier: BSL-1.0
// A process by its pidfd, which never means another process, also if the pid is used again.
#pragma once

#include "../compiled.hpp"
#include "unique_fd.hpp"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace daemonkit::sys {

/// pidfd_open(2), Linux 5.3. The descriptor is close-on-exec; -1 and errno on failure.
inline int pidfd_open(pid_t pid) noexcept { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }

/// pidfd_send_signal(2), Linux 5.1. Fails with ESRCH if the process of the pidfd is gone, even if its pid is used
/// again.
inline int pidfd_send_signal(int pidfd, int signal) noexcept
{
    return static_cast<int>(::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0));
}

/// The same as sigqueue(3), so that the receiver sees SI_QUEUE.
DAEMONKIT_INLINE int pidfd_queue_signal(int pidfd, int signal) noexcept;

/// Whether pidfd_send_signal(2) works: a process may always signal itself. After EPERM, false means that a sandbox
/// refuses the call.
[[gnu::cold]] inline bool can_signal_by_pidfd() noexcept
{
    const unique_fd self(pidfd_open(::getpid()));
    return !self || pidfd_send_signal(self.get(), 0) == 0;
}

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE int pidfd_queue_signal(int pidfd, int signal) noexcept
{
    siginfo_t info{};
    info.si_signo = signal;
    info.si_code = SI_QUEUE;
    info.si_pid = ::getpid();
    info.si_uid = ::getuid();
    return static_cast<int>(::syscall(SYS_pidfd_send_signal, pidfd, signal, &info, 0));
}

#endif

} // namespace daemonkit::sys
