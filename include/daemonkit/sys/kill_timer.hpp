// SPDX-License-Identifier: BSL-1.0
// A timer of the kernel that kills this process, timer_create(2). It needs no thread of the process, so it ends one that
// is stopped or frozen. It does not end pid 1 of a pid namespace: the kernel drops a signal to it that comes from within,
// pid_namespaces(7). A child made by fork(2) does not inherit it.
#pragma once

#include "../compiled.hpp"
#include "boot_clock.hpp"

#include <signal.h>
#include <unistd.h>

#include <ctime>

namespace daemonkit::sys {

/// Kills this process at a time of CLOCK_BOOTTIME, unless it is disarmed. A time that comes while the host is suspended
/// kills when it resumes.
class kill_timer
{
public:
    kill_timer() noexcept = default;
    kill_timer(const kill_timer&) = delete;
    kill_timer& operator=(const kill_timer&) = delete;
    ~kill_timer()
    {
        if (mine_ == ::getpid()) ::timer_delete(timer_);
    }

    /// timer_create(2), in the process that is to be killed. Returns 0, or -1 and errno.
    int create() noexcept;

    /// Kills at this time, instead of an earlier choice; at once if it has passed; `never` disarms. timer_settime(2).
    /// Returns 0, or -1 and errno.
    int arm(boot_clock::time_point at) noexcept
    {
        const itimerspec when{{}, kernel_time(at)};
        return ::timer_settime(timer_, TIMER_ABSTIME, &when, nullptr);
    }

private:
    timer_t timer_{};
    pid_t mine_ = 0; // the process that has it; 0: none
};

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE int kill_timer::create() noexcept
{
    sigevent event = {};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGKILL;
    if (::timer_create(CLOCK_BOOTTIME, &event, &timer_) == -1) return -1;
    mine_ = ::getpid();
    return 0;
}

#endif

} // namespace daemonkit::sys
