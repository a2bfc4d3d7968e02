// SPDX-License-Identifier: BSL-1.0
// The signal mask and the dispositions of the calling process.
#pragma once

#include "retry.hpp"

#include <pthread.h>
#include <signal.h>

#include <utility>

namespace daemonkit::sys {

inline sigset_t no_signals() noexcept
{
    sigset_t set;
    sigemptyset(&set);
    return set;
}

inline sigset_t all_signals() noexcept
{
    sigset_t set;
    sigfillset(&set);
    return set;
}

inline sigset_t current_mask() noexcept
{
    sigset_t set;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &set);
    return set;
}

inline void set_mask(const sigset_t& mask) noexcept { ::pthread_sigmask(SIG_SETMASK, &mask, nullptr); }

/// These signals wait while it lives. The whole set, around a fork, is what lets nothing be lost and nothing kill
/// a daemon between the fork and its handlers.
class blocked_signals
{
public:
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

    [[nodiscard]] const sigset_t& before() const noexcept { return before_; }
    /// The mask to have afterwards, where it is not the one before.
    void restore_to(const sigset_t& mask) noexcept { after_ = mask; }
    /// They stay blocked.
    void keep() noexcept { kept_ = true; }

private:
    sigset_t before_{};
    sigset_t after_{};
    bool kept_ = false;
};

/// One of these blocked signals if it waits, or 0; it is taken before those that are not asked for.
inline int take_signal(const sigset_t& set) noexcept
{
    const timespec at_once{};
    const int signal = retry([&] { return ::sigtimedwait(&set, nullptr, &at_once); });
    return signal == -1 ? 0 : signal;
}

using thread_handle = pthread_t;
inline thread_handle this_thread() noexcept { return ::pthread_self(); }

/// Sends a signal to another thread of this process; nothing if that is the calling one. Async-signal-safe.
inline void hand_on(int signal, thread_handle to) noexcept
{
    if (::pthread_equal(::pthread_self(), to) == 0) ::pthread_kill(to, signal);
}

inline void set_disposition(int signal, const struct sigaction& action, struct sigaction* before = nullptr) noexcept
{
    ::sigaction(signal, &action, before);
}

/// While it lives a signal has no effect.
class ignored_signal
{
public:
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

/// While it lives the kernel keeps how children ended until somebody asks, even where SIGCHLD is ignored: programs
/// inherit that, and it makes a child vanish in the moment it exits. waitpid(2), notes.
class waitable_children
{
public:
    waitable_children() noexcept
    {
        ::sigaction(SIGCHLD, nullptr, &before_);
        vanishing_ = before_.sa_handler == SIG_IGN || (before_.sa_flags & SA_NOCLDWAIT) != 0;
        if (!vanishing_) return;
        auto waitable = before_;
        if (waitable.sa_handler == SIG_IGN) waitable.sa_handler = SIG_DFL;
        waitable.sa_flags &= ~SA_NOCLDWAIT;
        ::sigaction(SIGCHLD, &waitable, nullptr);
    }
    waitable_children(waitable_children&& other) noexcept
        : before_(other.before_), vanishing_(std::exchange(other.vanishing_, false))
    {
    }
    waitable_children& operator=(waitable_children&& other) noexcept
    {
        std::swap(before_, other.before_);
        std::swap(vanishing_, other.vanishing_);
        return *this;
    }
    ~waitable_children() { end(); }

    void end() noexcept
    {
        if (std::exchange(vanishing_, false)) ::sigaction(SIGCHLD, &before_, nullptr);
    }

private:
    struct sigaction before_{};
    bool vanishing_ = false;
};

} // namespace daemonkit::sys
