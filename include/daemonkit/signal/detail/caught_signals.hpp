// SPDX-License-Identifier: BSL-1.0
// The handler of the policies that catch signals with sigaction(2). It sets two lock-free atomics and wakes the reader
// of the pipe, if there is one. It is async-signal-safe and preserves errno. Signal dispositions belong to the process,
// so this state does too, and only one daemon at a time can use it in a process. A child made by fork(2) is a process
// of its own: a daemon in it starts anew.
#pragma once

#include "../../compiled.hpp"
#include "../../core/signal_event.hpp"
#include "../../core/signal_set.hpp"
#include "../../core/startup_error.hpp"
#include "../../sys/fork_handler.hpp"
#include "../../sys/raw/call.hpp"
#include "../../sys/self_pipe.hpp"
#include "../../sys/signal_mask.hpp"

#include <atomic>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

namespace daemonkit::detail {

class caught_signals
{
public:
    /// In the daemon, with all signals blocked. `flags` as in sigaction(2). The handler writes a byte to the descriptor
    /// `wake`; -1: none. Throws startup_error.
    caught_signals(std::span<const int> heard, const sigset_t& mask, signal_set stops, int flags, int wake);
    caught_signals(const caught_signals&) = delete;
    caught_signals& operator=(const caught_signals&) = delete;
    ~caught_signals();

    /// The next event, without waiting. A stop comes first. A signal that arrived several times is one event.
    [[nodiscard]] static signal_event take() noexcept;

    [[nodiscard]] static bool more() noexcept { return pending.load(std::memory_order_relaxed) != 0; }

    /// Whether this signal means stop.
    [[nodiscard]] static bool means_stop(int signal) noexcept
    {
        return (stop_bits.load(std::memory_order_relaxed) & bit(signal)) != 0;
    }

    [[nodiscard]] static bool stop_requested() noexcept { return stop.load(std::memory_order_relaxed); }

    [[nodiscard]] const sigset_t& heard_signals() const noexcept { return heard_; }

private:
    static constexpr std::uint64_t bit(int signal) noexcept { return signal_set::bit(signal); }

    static void note(int signal, siginfo_t* sent, void*) noexcept;

    void restore_dispositions() const noexcept
    {
        for (const auto& [signal, action] : before_) sys::set_disposition(signal, action);
    }

    static void restore_in_child(long self) noexcept;

    struct disposition
    {
        int signal;
        struct sigaction action;
    };

    static_assert(std::atomic<std::uint64_t>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);
    static inline std::atomic<bool> installed{false};
    static inline std::atomic<bool> stop{false};
    static inline std::atomic<std::uint64_t> pending{0};
    static inline std::atomic<bool> asked{false}; // by sigqueue(3): the sender of a SIGHUP waits for the result
    static inline std::atomic<std::uint64_t> stop_bits{0}; // of the signals that mean stop
    static inline std::atomic<int> wake_fd{-1};
    static inline sys::thread_handle waiter{}; // the thread that called start()

    sigset_t heard_ = sys::no_signals();
    sigset_t child_mask_;
    std::vector<disposition> before_{};
    sys::fork_handler restored_in_child_;
};

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE caught_signals::caught_signals(std::span<const int> heard, const sigset_t& mask, signal_set stops,
                                                int flags, int wake)
    : child_mask_(mask), restored_in_child_(restore_in_child, sys::raw::address(this))
{
    if (!restored_in_child_) throw_errno("register a fork handler");
    before_.reserve(heard.size());
    if (installed.exchange(true))
        throw startup_error(std::make_error_code(std::errc::device_or_resource_busy), "catch signals", {},
                            "another daemon in this process already catches signals");
    pending.store(0);
    asked.store(false);
    stop.store(false);
    stop_bits.store(stops.bits());
    wake_fd.store(wake);
    waiter = sys::this_thread();
    struct sigaction action = {};
    action.sa_sigaction = note;
    action.sa_flags = flags | SA_SIGINFO;
    sigfillset(&action.sa_mask);
    sigset_t open = mask;
    for (const int signal : heard) {
        sys::set_disposition(signal, action, &before_.emplace_back(disposition{signal, {}}).action);
        sigaddset(&heard_, signal);
        sigdelset(&open, signal);
    }
    sys::set_mask(open);
}

DAEMONKIT_INLINE caught_signals::~caught_signals()
{
    if (!restored_in_child_) return; // in a child made by fork(2) another daemon may catch signals by now
    sys::blocked_signals blocked(sys::all_signals());
    // A signal that is still pending must not kill the process before it exits with its own status.
    while (sys::take_signal(heard_) != 0) {}
    restore_dispositions();
    blocked.restore_to(child_mask_);
    installed.store(false);
}

DAEMONKIT_INLINE signal_event caught_signals::take() noexcept
{
    for (auto now = pending.load(std::memory_order_acquire); now != 0;) {
        const auto stops = now & stop_bits.load(std::memory_order_relaxed);
        const int signal = std::countr_zero(stops != 0 ? stops : now) + 1;
        if (pending.compare_exchange_weak(now, now & ~bit(signal)))
            return {.signal = signal,
                    .unasked = signal == SIGHUP && (!asked.load(std::memory_order_relaxed) || !asked.exchange(false))};
    }
    return {};
}

DAEMONKIT_INLINE void caught_signals::note(int signal, siginfo_t* sent, void*) noexcept
{
    if (means_stop(signal)) stop.store(true, std::memory_order_relaxed);
    if (signal == SIGHUP && sent->si_code == SI_QUEUE) asked.store(true, std::memory_order_relaxed);
    pending.fetch_or(bit(signal), std::memory_order_release);
    if (const int fd = wake_fd.load(std::memory_order_relaxed); fd >= 0)
        sys::wake(fd);
    else
        sys::forward_signal(signal, waiter); // to interrupt a blocking call of that thread
}

DAEMONKIT_INLINE void caught_signals::restore_in_child(long self) noexcept
{
    const auto& caught = sys::fork_handler::object_at<const caught_signals>(self);
    caught.restore_dispositions();
    wake_fd.store(-1);
    installed.store(false);
    sys::fork_handler::leave_with(caught.child_mask_);
}

#endif

} // namespace daemonkit::detail
