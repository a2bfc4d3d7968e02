// SPDX-License-Identifier: BSL-1.0
// Processes with a pid that a test chooses: clone3(2), which needs CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN.
#pragma once

#include "processes.hpp"

#include <linux/sched.h>
#include <sys/stat.h>

#include <cstdint>
#include <ctime>

namespace daemonkit::testing::detail {

/// fork(2) of a process with this pid; -1 and errno, EEXIST if the pid is in use.
inline pid_t fork_as(pid_t number)
{
    clone_args how{};
    how.exit_signal = SIGCHLD;
    how.set_tid = reinterpret_cast<std::uintptr_t>(&number);
    how.set_tid_size = 1;
    pid_t child = -1;
    // The last process with this pid was waited for; the kernel frees the pid a moment later.
    eventually(
        [&] {
            child = static_cast<pid_t>(::syscall(SYS_clone3, &how, sizeof how));
            return child != -1 || errno != EEXIST;
        },
        std::chrono::seconds(1));
    return child;
}

/// Whether each process has a pidfd inode of its own (pidfs, Linux 6.9). If not, two processes that have the same pid
/// one after the other are told apart by their start times, which are counted in hundredths of a second.
inline bool pidfds_tell_processes_apart()
{
    const auto inode_of = [](pid_t pid) {
        const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
        struct stat status = {};
        ::fstat(fd, &status);
        ::close(fd);
        return status.st_ino;
    };
    const pid_t child = ::fork();
    if (child == -1) std::abort(); // a signal to -1 would reach every process of the machine
    if (child == 0)
        for (;;) ::pause();
    const bool apart = inode_of(::getpid()) != inode_of(child);
    ::kill(child, SIGKILL);
    exit_status_of(child);
    return apart;
}

/// Waits for a tick of the clock that start times in /proc are counted in.
inline void let_a_tick_pass()
{
    const auto ticks = [] {
        timespec now{};
        ::clock_gettime(CLOCK_BOOTTIME, &now);
        return now.tv_sec * 100 + now.tv_nsec / 10'000'000;
    };
    const auto before = ticks();
    eventually([&] { return ticks() > before + 1; });
}

/// The same where processes could not be told apart without that.
inline void let_start_times_differ()
{
    static const bool apart = pidfds_tell_processes_apart();
    if (!apart) let_a_tick_pass();
}

} // namespace daemonkit::testing::detail
