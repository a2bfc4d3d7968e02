// SPDX-License-Identifier: BSL-1.0
// A traced daemon that looks at its file once, between two system calls that mark the look.
#pragma once

#include <daemonkit/pid/flock_pid_file.hpp>

#include "support/traced_process.hpp"

#include <sys/syscall.h>
#include <unistd.h>

/// In the traced process: publishes, and keeps the file between two calls of getppid(2). The exit status.
inline int publish_and_keep(const daemonkit::flock_pid_file& policy)
{
    auto guard = policy.claim();
    guard.publish(::getpid());
    ::syscall(SYS_getppid);
    const bool kept = guard.keep();
    ::syscall(SYS_getppid);
    return kept ? 0 : 1;
}

/// Continues to the next system call with this number; false if the process has ended.
inline bool to_call(traced_process& process, long number)
{
    while (process.next_call())
        if (process.call() == number) return true;
    return false;
}
