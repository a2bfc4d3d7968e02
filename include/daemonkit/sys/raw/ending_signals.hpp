// SPDX-License-Identifier: BSL-1.0
// The signals by which a person or another program ends a command that waits: Ctrl-C, kill(1), the end of the terminal.
// While the launcher waits for the daemon they are read from a descriptor, because the daemon has to be ended first.
// Makes raw calls, because the launcher may share its memory.
#pragma once

#include "call.hpp"

#include <fcntl.h>
#include <sys/signalfd.h>

namespace daemonkit::sys::raw {

/// Those of SIGINT, SIGQUIT, SIGTERM and SIGHUP that would end the process now: neither blocked by `mask`, nor ignored,
/// nor handled by the program, unless its handlers will be `reset`.
inline sigset_t ending_signals(const sigset_t& mask, bool reset = false) noexcept
{
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGINT, SIGQUIT, SIGTERM, SIGHUP}) {
        signal_action now{};
        constexpr unsigned long ignored = 1;
        if (sigismember(&mask, signal) == 0 && call(SYS_rt_sigaction, signal, 0, address(&now), _NSIG / 8) == 0 &&
            (now.handler == 0 || (reset && now.handler != ignored)))
            sigaddset(&set, signal);
    }
    return set;
}

/// Blocks `set` beside `mask`, and reads the signals of `set` from a descriptor. All signals must be blocked before.
class held_signals
{
public:
    /// Where signalfd(2) is refused, only `mask` is set, and the signals act as always.
    held_signals(const sigset_t& set, const sigset_t& mask) noexcept
        : fd_(static_cast<int>(call(SYS_signalfd4, -1, address(&set), _NSIG / 8, O_CLOEXEC | O_NONBLOCK)))
    {
        sigset_t both = mask;
        if (fd_ >= 0) sigorset(&both, &mask, &set);
        set_mask(both);
    }

    /// Readable while a signal waits; negative: there is none.
    [[nodiscard]] int fd() const noexcept { return fd_; }

    /// The next signal; 0: none.
    [[nodiscard]] static int take(int fd) noexcept
    {
        signalfd_siginfo info{};
        return retry(SYS_read, fd, address(&info), sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo) : 0;
    }

    /// Sets the mask. A signal that has not been taken acts then.
    void end(const sigset_t& mask) const noexcept
    {
        if (fd_ >= 0) close(fd_);
        set_mask(mask);
    }

private:
    int fd_;
};

/// Holds the ending_signals while the object lives. `mask` is set meanwhile, and afterwards.
class cancelling_signals
{
public:
    explicit cancelling_signals(const sigset_t& mask) noexcept : mask_(mask) {}
    cancelling_signals(const cancelling_signals&) = delete;
    cancelling_signals& operator=(const cancelling_signals&) = delete;
    ~cancelling_signals() { held_.end(mask_); }
    [[nodiscard]] int fd() const noexcept { return held_.fd(); }

private:
    sigset_t mask_;
    held_signals held_{ending_signals(mask_), mask_};
};

} // namespace daemonkit::sys::raw
