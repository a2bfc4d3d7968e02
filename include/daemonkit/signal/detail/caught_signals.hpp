// SPDX-License-Identifier: BSL-1.0
// The handler of the policies that catch signals with sigaction(2). It sets two lock-free atomics and wakes the reader
// of the pipe, if there is one. It is async-signal-safe and preserves errno. Signal dispositions belong to the process,
// so this state does too, and only one daemon at a time can use it.
#pragma once

#include "../../core/signal_event.hpp"
#include "../../core/startup_error.hpp"
#include "../../sys/fork_handler.hpp"
#include "../../sys/self_pipe.hpp"
#include "../../sys/signal_mask.hpp"

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <span>

namespace daemonkit::detail {

class caught_signals
{
public:
    /// In the daemon, with all signals blocked. `flags` as in sigaction(2). The handler writes a byte to the descriptor
    /// `wake`; -1: none. Throws startup_error.
    caught_signals(std::span<const int> heard, const sigset_t& mask, int flags, int wake)
        : restored_in_child_(restore_in_child, 0)
    {
        if (!restored_in_child_) throw_errno("register a fork handler");
        if (installed.exchange(true))
            throw startup_error(std::make_error_code(std::errc::device_or_resource_busy), "catch signals", {},
                                "another daemon in this process already catches signals");
        pending.store(0);
        stop.store(false);
        wake_fd.store(wake);
        heard_set = sys::no_signals();
        waiter = sys::this_thread();
        struct sigaction action = {};
        action.sa_handler = note;
        action.sa_flags = flags;
        sigfillset(&action.sa_mask);
        sigset_t open = mask;
        for (const int signal : heard) {
            sys::set_disposition(signal, action, &before[static_cast<std::size_t>(signal)]);
            sigaddset(&heard_set, signal);
            sigdelset(&open, signal);
        }
        child_mask = mask;
        sys::set_mask(open);
    }
    caught_signals(const caught_signals&) = delete;
    caught_signals& operator=(const caught_signals&) = delete;
    ~caught_signals()
    {
        sys::blocked_signals blocked(sys::all_signals());
        // A signal that is still pending must not kill the process before it exits with its own status.
        while (sys::take_signal(heard_signals()) != 0) {}
        restore_dispositions();
        blocked.restore_to(child_mask);
        installed.store(false);
    }

    /// The next event, without waiting. A stop comes first. A signal that arrived several times is one event.
    [[nodiscard]] static signal_event take() noexcept
    {
        for (auto now = pending.load(std::memory_order_acquire); now != 0;) {
            const auto stops = now & (bit(SIGTERM) | bit(SIGINT));
            const int signal = std::countr_zero(stops != 0 ? stops : now) + 1;
            if (pending.compare_exchange_weak(now, now & ~bit(signal))) return {signal};
        }
        return {};
    }

    [[nodiscard]] static bool more() noexcept { return pending.load(std::memory_order_relaxed) != 0; }

    [[nodiscard]] static bool stop_requested() noexcept { return stop.load(std::memory_order_relaxed); }

    [[nodiscard]] static const sigset_t& heard_signals() noexcept { return heard_set; }

private:
    static constexpr std::uint64_t bit(int signal) noexcept
    {
        return std::uint64_t{1} << static_cast<unsigned>(signal - 1);
    }

    static void note(int signal) noexcept
    {
        if (signal_event{signal}.is_stop()) stop.store(true, std::memory_order_relaxed);
        pending.fetch_or(bit(signal), std::memory_order_release);
        if (const int fd = wake_fd.load(std::memory_order_relaxed); fd >= 0)
            sys::wake(fd);
        else
            sys::forward_signal(signal, waiter); // to interrupt a blocking call of that thread
    }

    static void restore_dispositions() noexcept
    {
        for (int signal = 1; signal < _NSIG; ++signal)
            if (sigismember(&heard_set, signal) == 1)
                sys::set_disposition(signal, before[static_cast<std::size_t>(signal)]);
    }

    static void restore_in_child(int) noexcept
    {
        wake_fd.store(-1);
        restore_dispositions();
        sys::fork_handler::leave_with(child_mask);
    }

    static_assert(std::atomic<std::uint64_t>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);
    static inline std::atomic<bool> installed{false};
    static inline std::atomic<bool> stop{false};
    static inline std::atomic<std::uint64_t> pending{0};
    static inline std::atomic<int> wake_fd{-1};
    static inline sigset_t heard_set{};
    static inline sys::thread_handle waiter{}; // the thread that called start()
    static inline sigset_t child_mask{};
    static inline std::array<struct sigaction, _NSIG> before{};

    sys::fork_handler restored_in_child_;
};

} // namespace daemonkit::detail
