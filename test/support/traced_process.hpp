// SPDX-License-Identifier: BSL-1.0
// A child that stops before each of its system calls, so that a test can act between any two of them.
#pragma once

#include "support/process.hpp"

#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <utility>

class traced_process
{
public:
    /// What `body` returns is the exit status.
    template <class Body>
    explicit traced_process(Body body) : pid_(::fork())
    {
        if (pid_ == -1) std::abort(); // waiting for -1 would collect other children
        if (pid_ == 0) {
            ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
            ::raise(SIGSTOP);
            ::_exit(body());
        }
        if (!stops()) return;
        ::ptrace(PTRACE_SETOPTIONS, pid_, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    }
    traced_process(const traced_process&) = delete;
    traced_process& operator=(const traced_process&) = delete;
    ~traced_process()
    {
        if (ended_) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, __WALL);
    }

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    /// Continues to its next system call, which the kernel has not begun; false if it has ended.
    bool next_call()
    {
        for (bool entering = false; !entering;) {
            ::ptrace(PTRACE_SYSCALL, pid_, nullptr, std::exchange(signal_, 0));
            if (!stops()) return false;
            __ptrace_syscall_info info{};
            if (WSTOPSIG(status_) != (SIGTRAP | 0x80))
                signal_ = WSTOPSIG(status_);
            else if (::ptrace(PTRACE_GET_SYSCALL_INFO, pid_, sizeof info, &info) > 0)
                entering = info.op == PTRACE_SYSCALL_INFO_ENTRY;
            call_ = static_cast<long>(info.entry.nr);
        }
        return true;
    }
    /// The number of that system call.
    [[nodiscard]] long call() const noexcept { return call_; }

    /// Continues without further stops; returns the exit status, 128 + N if signal N ended it.
    int finish()
    {
        while (!ended_) {
            ::ptrace(PTRACE_CONT, pid_, nullptr, std::exchange(signal_, 0));
            if (stops()) signal_ = WSTOPSIG(status_);
        }
        return shell_status(status_);
    }

private:
    bool stops()
    {
        while (::waitpid(pid_, &status_, __WALL) == -1 && errno == EINTR) {}
        ended_ = !WIFSTOPPED(status_);
        return !ended_;
    }

    pid_t pid_;
    int status_ = 0;
    int signal_ = 0;
    long call_ = -1;
    bool ended_ = false;
};
