// SPDX-License-Identifier: BSL-1.0
// The signal mask of the calling thread and the dispositions of the process.
#pragma once

#include "../compiled.hpp"
#include "retry.hpp"

#include <pthread.h>
#include <signal.h>

#include <utility>

namespace daemonkit::sys {

/// The empty set.
inline sigset_t no_signals() noexcept
{
    sigset_t set;
    sigemptyset(&set);
    return set;
}

/// The full set.
inline sigset_t all_signals() noexcept
{
    sigset_t set;
    sigfillset(&set);
    return set;
}

/// Of the calling thread.
inline sigset_t current_mask() noexcept
{
    sigset_t set;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &set);
    return set;
}

/// Of the calling thread, pthread_sigmask(3).
inline void set_mask(const sigset_t& mask) noexcept { ::pthread_sigmask(SIG_SETMASK, &mask, nullptr); }

/// Blocks these signals while the object lives. All signals are blocked around a fork: none is lost, and none kills
/// the daemon before its handlers are installed.
class blocked_signals
{
public:
    /// Blocks them in the calling thread.
    explicit blocked_signals(const sigset_t& set) noexcept
    {
        ::pthread_sigmask(SIG_BLOCK, &set, &after_);
        before_ = after_;
    }
    blocked_signals(const blocked_signals&) = delete;
    blocked_signals& operator=(const blocked_signals&) = delete;
    ~blocked_signals()
    {
        if (!kept_) set_mask(after_);
    }

    /// The mask before it was made.
    [[nodiscard]] const sigset_t& before() const noexcept { return before_; }
    /// The destructor sets this mask instead of the previous one.
    void restore_to(const sigset_t& mask) noexcept { after_ = mask; }
    /// The destructor leaves the signals blocked.
    void keep() noexcept { kept_ = true; }

private:
    sigset_t before_;
    sigset_t after_;
    bool kept_ = false;
};

/// Takes one pending signal of this set, which must be blocked, or returns 0. Other pending signals stay.
DAEMONKIT_INLINE int take_signal(const sigset_t& set);

using thread_handle = pthread_t;                                         ///< a thread of this process
inline thread_handle this_thread() noexcept { return ::pthread_self(); } ///< pthread_self(3)

/// Sends a signal to another thread of this process. Does nothing in that thread itself. Async-signal-safe.
inline void forward_signal(int signal, thread_handle to) noexcept
{
    if (::pthread_equal(::pthread_self(), to) == 0) ::pthread_kill(to, signal);
}

/// sigaction(2).
inline void set_disposition(int signal, const struct sigaction& action, struct sigaction* before = nullptr) noexcept
{
    ::sigaction(signal, &action, before);
}

/// Ignores a signal while the object lives; the destructor restores its disposition.
class ignored_signal
{
public:
    /// Ignores it from now on.
    explicit ignored_signal(int signal) noexcept : signal_(signal)
    {
        struct sigaction ignore = {};
        ignore.sa_handler = SIG_IGN;
        ::sigaction(signal, &ignore, &before_);
    }
    ignored_signal(const ignored_signal&) = delete;
    ignored_signal& operator=(const ignored_signal&) = delete;
    ~ignored_signal() { ::sigaction(signal_, &before_, nullptr); }

private:
    int signal_;
    struct sigaction before_{};
};

/// While the object lives, the kernel keeps the wait status of each child until it is collected. A program can inherit
/// an ignored SIGCHLD, which discards the status when the child exits: waitpid(2), notes.
class waitable_children
{
public:
    waitable_children() noexcept;
    /// Leaves `other` with nothing.
    waitable_children(waitable_children&& other) noexcept
        : before_(other.before_), discarded_(std::exchange(other.discarded_, false))
    {
    }
    /// Exchanges the two.
    waitable_children& operator=(waitable_children&& other) noexcept
    {
        std::swap(before_, other.before_);
        std::swap(discarded_, other.discarded_);
        return *this;
    }
    ~waitable_children() { end(); }

    /// Restores the disposition of SIGCHLD.
    void end() noexcept
    {
        if (std::exchange(discarded_, false)) ::sigaction(SIGCHLD, &before_, nullptr);
    }

private:
    struct sigaction before_{};
    bool discarded_ = false;
};

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE int take_signal(const sigset_t& set)
{
    const timespec at_once{};
    const int signal = retry([&] { return ::sigtimedwait(&set, nullptr, &at_once); });
    return signal == -1 ? 0 : signal;
}

DAEMONKIT_INLINE waitable_children::waitable_children() noexcept
{
    ::sigaction(SIGCHLD, nullptr, &before_);
    discarded_ = before_.sa_handler == SIG_IGN || (before_.sa_flags & SA_NOCLDWAIT) != 0;
    if (!discarded_) return;
    auto waitable = before_;
    if (waitable.sa_handler == SIG_IGN) waitable.sa_handler = SIG_DFL;
    waitable.sa_flags &= ~SA_NOCLDWAIT;
    ::sigaction(SIGCHLD, &waitable, nullptr);
}

#endif

} // namespace daemonkit::sys
