// SPDX-License-Identifier: BSL-1.0
// Waits written by hand, one for each way to hear a signal: for USR1, TERM and INT, and nothing else. Those that are
// guarded keep what daemonkit promises, too: a thread is cancelled in the wait only, never where an event is handled; a
// stop is taken before any other signal; a handler keeps errno, and wakes the thread that waits.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>

namespace bench {

inline constexpr int heard_by_hand[] = {SIGUSR1, SIGTERM, SIGINT};

/// The time that is left of a wait, by one look at the clock.
class time_left
{
public:
    explicit time_left(const timespec& from_now)
    {
        ::clock_gettime(CLOCK_MONOTONIC, &end_);
        end_ = {end_.tv_sec + from_now.tv_sec, end_.tv_nsec + from_now.tv_nsec};
    }
    /// False when there is none.
    [[nodiscard]] bool look(timespec& left) const
    {
        timespec now;
        ::clock_gettime(CLOCK_MONOTONIC, &now);
        left = {end_.tv_sec - now.tv_sec, end_.tv_nsec - now.tv_nsec};
        while (left.tv_nsec < 0) left = {left.tv_sec - 1, left.tv_nsec + 1'000'000'000};
        return left.tv_sec >= 0;
    }

private:
    timespec end_{};
};

inline sigset_t set_by_hand()
{
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : heard_by_hand) sigaddset(&set, signal);
    return set;
}

/// Where an event is handled.
template <bool guarded>
class handling
{
public:
    handling() noexcept
    {
        if constexpr (guarded) ::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before_);
    }
    handling(const handling&) = delete;
    handling& operator=(const handling&) = delete;
    ~handling()
    {
        if constexpr (guarded) ::pthread_setcancelstate(before_, nullptr);
    }

private:
    int before_ = PTHREAD_CANCEL_ENABLE;
};

template <bool guarded>
class hand_signalfd
{
public:
    hand_signalfd()
    {
        const auto set = set_by_hand();
        ::sigprocmask(SIG_BLOCK, &set, nullptr);
        sigdelset(&stopping_, SIGUSR1);
        signals_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    }
    hand_signalfd(const hand_signalfd&) = delete;
    hand_signalfd& operator=(const hand_signalfd&) = delete;
    ~hand_signalfd() { ::close(signals_); }

    [[nodiscard]] int events() const { return events_; }

    bool stops()
    {
        if (guarded && more_) {
            const timespec at_once{};
            if (::sigtimedwait(&stopping_, nullptr, &at_once) > 0) return true;
            const bool stop = hear();
            if (more_) return stop;
        }
        pollfd fd{signals_, POLLIN, 0};
        return ::poll(&fd, 1, -1) == 1 && hear();
    }
    bool stops_within(timespec left)
    {
        const time_left all(left);
        for (pollfd fd{signals_, POLLIN, 0};;) {
            const int ready = ::ppoll(&fd, 1, &left, nullptr);
            if (ready == 1) return hear();
            if (ready == 0 || !all.look(left)) return false;
        }
    }

private:
    bool hear()
    {
        signalfd_siginfo heard;
        more_ = ::read(signals_, &heard, sizeof heard) == sizeof heard;
        if (!more_) return false;
        const handling<guarded> here;
        if (heard.ssi_signo != SIGUSR1) return true;
        ++events_;
        return false;
    }

    int signals_ = -1;
    int events_ = 0;
    bool more_ = false; ///< the last wait had an event
    sigset_t stopping_ = set_by_hand();
};

/// What handlers note.
struct noted
{
    static inline volatile sig_atomic_t event = 0, stop = 0;
    static inline int wake_up = -1;
    static inline pthread_t waiter = ::pthread_self();

    static void note(int signal)
    {
        (signal == SIGUSR1 ? event : stop) = 1;
        if (wake_up != -1 && ::write(wake_up, "", 1) != 1) stop = 1;
    }
    static void note_guarded(int signal)
    {
        const int before = errno;
        note(signal);
        errno = before;
        if (wake_up == -1 && ::pthread_equal(::pthread_self(), waiter) == 0) ::pthread_kill(waiter, signal);
    }
    static void catch_signals(void (*handler)(int))
    {
        struct sigaction action;
        std::memset(&action, 0, sizeof action);
        action.sa_handler = handler;
        sigfillset(&action.sa_mask);
        for (const int signal : heard_by_hand) ::sigaction(signal, &action, nullptr);
    }
};

template <bool guarded>
class hand_self_pipe
{
public:
    hand_self_pipe()
    {
        if (::pipe2(ends_, O_CLOEXEC | O_NONBLOCK) == 0) noted::wake_up = ends_[1];
        noted::catch_signals(guarded ? noted::note_guarded : noted::note);
    }
    hand_self_pipe(const hand_self_pipe&) = delete;
    hand_self_pipe& operator=(const hand_self_pipe&) = delete;
    ~hand_self_pipe() = default; // its handlers stay

    [[nodiscard]] int events() const { return events_; }

    bool stops()
    {
        for (;;) {
            pollfd fd{ends_[0], POLLIN, 0};
            ::poll(&fd, 1, -1); // interrupted by the handler or not, the byte is there
            if (hear()) return noted::stop != 0;
        }
    }
    bool stops_within(timespec left)
    {
        const time_left all(left);
        for (pollfd fd{ends_[0], POLLIN, 0};;) {
            const int ready = ::ppoll(&fd, 1, &left, nullptr);
            if (ready != 0 && hear()) return noted::stop != 0;
            if (ready == 0 || !all.look(left)) return false;
        }
    }

private:
    /// Whether something had come.
    bool hear()
    {
        char bytes[64];
        if (::read(ends_[0], bytes, sizeof bytes) <= 0) return false;
        const handling<guarded> here;
        if (noted::event != 0) {
            noted::event = 0;
            ++events_;
        }
        return true;
    }

    int ends_[2] = {-1, -1};
    int events_ = 0;
};

/// Outside the sleep the signals are heard too: a blocking call is to be interrupted, and a busy loop to see the flag.
template <bool guarded>
class hand_flag
{
public:
    hand_flag() { noted::catch_signals(guarded ? noted::note_guarded : noted::note); }

    [[nodiscard]] int events() const { return events_; }

    bool stops()
    {
        sleep(nullptr);
        return hear();
    }
    bool stops_within(timespec left)
    {
        const time_left all(left);
        do sleep(&left);
        while (noted::event == 0 && noted::stop == 0 && all.look(left));
        return hear();
    }

private:
    void sleep(const timespec* longest) const
    {
        sigset_t open;
        ::sigprocmask(SIG_BLOCK, &set_, &open);
        if (noted::event == 0 && noted::stop == 0) ::ppoll(nullptr, 0, longest, &open);
        ::sigprocmask(SIG_SETMASK, &open, nullptr);
    }
    bool hear()
    {
        const handling<guarded> here;
        if (noted::event != 0) {
            noted::event = 0;
            ++events_;
        }
        return noted::stop != 0;
    }

    sigset_t set_ = set_by_hand();
    int events_ = 0;
};

} // namespace bench
