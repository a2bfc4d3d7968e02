// SPDX-License-Identifier: BSL-1.0
// signalfd(2): the signals are blocked and read from a descriptor. No handler ever runs, so no call is interrupted, and
// code with threads needs no changes. A signal is known only when it is read: there is no stop_requested().
//
// Children made by fork(2) get the previous mask. posix_spawn(3), system(3) and popen(3) do not run fork handlers. For
// those, pass child_mask() to posix_spawnattr_setsigmask(3), or use self_pipe_signals, which blocks nothing.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../core/startup_error.hpp"
#include "../sys/deadline.hpp"
#include "../sys/fork_handler.hpp"
#include "../sys/private_fd.hpp"
#include "../sys/raw/call.hpp"
#include "../sys/signal_fd.hpp"
#include "../sys/signal_mask.hpp"
#include "concept.hpp"
#include "detail/chosen_signals.hpp"

#include <array>

namespace daemonkit {

/// SignalPolicy: signals are read from a signalfd(2). `Chosen` are the signals for on_signal().
template <int... ChosenSignals>
struct basic_signalfd_signals
{
    static constexpr bool claims_signals = true; ///< the daemon hears signals
    /// The signals that it hears beside TERM, INT and HUP.
    static constexpr auto chosen = detail::chosen_signals<ChosenSignals...>::value;
    static constexpr auto stops = detail::chosen_signals<
        ChosenSignals...>::stops; ///< the signals that mean stop: TERM, and INT if it is not chosen

    /// The descriptor and the signal mask, until its end.
    class guard
    {
    public:
        /// Hears `heard`, of which `stopping` mean stop, and sets the signal mask. Throws startup_error.
        guard(std::span<const int> heard, const sigset_t& mask, signal_set stopping) : stops_(stopping)
        {
            sigset_t set = sys::no_signals();
            sigset_t blocked = mask;
            for (const int signal : heard) {
                sigaddset(&set, signal);
                sigaddset(&blocked, signal);
                if (stops_.contains(signal)) sigaddset(&stop_set_, signal);
            }
            fd_.reset(detail::check_call_of("signalfd4", sys::open_signal_fd(set), "open the descriptor for signals"));
            mask_in_child_ = mask;
            restored_in_child_ = sys::fork_handler(restore_in_child, sys::raw::address(&mask_in_child_));
            if (!restored_in_child_) throw_errno("register a fork handler");
            sys::set_mask(blocked);
        }
        guard(const guard&) = delete;
        guard& operator=(const guard&) = delete;
        ~guard()
        {
            if (!restored_in_child_) return; // in a child made by fork(2) another daemon may hear signals by now
            // A second SIGTERM that is still pending must not kill the process before it exits with its own status.
            while (sys::read_signal(fd_.get()).number != 0) {}
            sys::set_mask(mask_in_child_);
        }

        /// The next event; none after `timeout`, or when `also` is readable.
        [[gnu::always_inline]] signal_event wait(std::chrono::nanoseconds timeout, int also)
        {
            const bool sleeps = timeout > timeout.zero() || also != -1;
            if (stops_first_ || !sleeps) {
                const signal_event next = read();
                if (next || !sleeps) return next;
            }
            std::array<pollfd, 2> fds{{{fd_.get(), POLLIN, 0}, {also, POLLIN, 0}}};
            const int ready = sys::poll_once(fds.data(), fds.size(), timeout);
            if (ready == 0) return {.timed_out = true};
            if (ready != -1 && fds[0].revents == 0) return {};
            return read();
        }

        [[nodiscard]] int fd() const noexcept { return fd_.get(); } ///< readable while an event waits
        /// Whether this signal means stop.
        [[nodiscard]] bool means_stop(int signal) const noexcept { return stops_.contains(signal); }

    private:
        /// The kernel delivers pending signals in the order of their numbers, SIGHUP before SIGTERM. A stream of
        /// reloads would delay a stop for ever. So after each signal, a pending stop is taken before any other signal.
        /// It never waits, so it is no place to be cancelled: without the C library, in a third of the instructions.
        [[nodiscard]] signal_event take_stop() const noexcept
        {
            const timespec at_once{};
            const long stop = sys::raw::retry(SYS_rt_sigtimedwait, sys::raw::address(&stop_set_), 0,
                                              sys::raw::address(&at_once), _NSIG / 8);
            return {.signal = stop > 0 ? static_cast<int>(stop) : 0};
        }

        [[gnu::noinline]] signal_event read()
        {
            if (stops_first_)
                if (const auto stop = take_stop()) return stop;
            const auto next = sys::read_signal(fd_.get());
            stops_first_ = next.number != 0;
            return {.signal = next.number, .unasked = next.code != SI_QUEUE};
        }

        static void restore_in_child(long mask) noexcept
        {
            sys::fork_handler::leave_with(sys::fork_handler::object_at<const sigset_t>(mask));
        }

        bool stops_first_ = true;
        signal_set stops_;
        sigset_t stop_set_ = sys::no_signals(); // the same, for a system call
        sigset_t mask_in_child_{};
        sys::private_fd fd_;
        sys::fork_handler restored_in_child_;
    };

    /// In the daemon. Throws startup_error.
    [[nodiscard]] guard install(std::span<const int> heard, const sigset_t& mask) const { return {heard, mask, stops}; }
};

/// Receives stop and reload only. `basic_signalfd_signals<SIGUSR1>` also receives SIGUSR1 and passes it to on_signal().
using signalfd_signals = basic_signalfd_signals<>;

} // namespace daemonkit
