// SPDX-License-Identifier: BSL-1.0
// A process that must not be signalled. It blocks every signal, so that each signal sent to it stays pending; the two
// that cannot be blocked end or stop it.
#pragma once

#include "support/process.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <set>
#include <string>

/// Whether no signal is pending for a process.
inline bool no_signal_waits(pid_t pid)
{
    return !proc_status(pid, "State").empty() && proc_signals(pid, "SigPnd").empty() &&
           proc_signals(pid, "ShdPnd").empty();
}

/// Whether a process that has blocked all signals has never received one.
inline bool untouched(pid_t pid)
{
    return no_signal_waits(pid) && std::string("ZXTt").find(proc_status(pid, "State")[0]) == std::string::npos;
}

class bystander
{
public:
    /// `fork` is fork(2) or another function that creates a process; it is called with every signal blocked.
    template <class Fork>
    explicit bystander(Fork fork)
    {
        sigset_t all, before;
        ::sigfillset(&all);
        ::sigprocmask(SIG_BLOCK, &all, &before);
        pid_ = fork();
        if (pid_ == 0)
            for (;;) ::pause();
        ::sigprocmask(SIG_SETMASK, &before, nullptr);
    }
    bystander() : bystander([] { return ::fork(); }) {}
    bystander(const bystander&) = delete;
    bystander& operator=(const bystander&) = delete;
    ~bystander()
    {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    [[nodiscard]] bool untouched() const { return ::untouched(pid_); }

private:
    pid_t pid_ = -1;
};
