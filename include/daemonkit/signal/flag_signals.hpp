// SPDX-License-Identifier: BSL-1.0
// sigaction(2) and atomic flags: no descriptor; the smallest of these policies. A signal interrupts a blocking call in
// run() with EINTR, because SA_RESTART is not set. So a daemon without an event loop notices a stop. The kernel may
// deliver a signal to any thread that does not block it. The handler then sends it to the thread that called start(),
// to interrupt the call there.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../sys/deadline.hpp"
#include "concept.hpp"
#include "detail/caught_signals.hpp"
#include "detail/chosen_signals.hpp"

namespace daemonkit {

/// SignalPolicy: signals set atomic flags. `Chosen` are the signals for on_signal().
template <int... ChosenSignals>
struct basic_flag_signals
{
    static constexpr bool claims_signals = true; ///< the daemon hears signals
    /// The signals that it hears beside TERM, INT and HUP.
    static constexpr auto chosen = detail::chosen_signals<ChosenSignals...>::value;
    static constexpr auto stops = detail::chosen_signals<
        ChosenSignals...>::stops; ///< the signals that mean stop: TERM, and INT if it is not chosen

    /// The handlers, until its end.
    class guard
    {
    public:
        /// Hears `heard`, of which `stopping` mean stop, and sets the signal mask. Throws startup_error.
        guard(std::span<const int> heard, const sigset_t& mask, signal_set stopping)
            : caught_(heard, mask, stopping, 0, -1)
        {
        }

        /// The next event; none after `timeout`, or when `also` is readable.
        signal_event wait(std::chrono::nanoseconds timeout, int also)
        {
            bool timed_out = false;
            if (!detail::caught_signals::more() && (also != -1 || timeout > timeout.zero())) {
                // Blocked outside of ppoll(2): a signal between the check and the sleep then ends the sleep.
                const sys::blocked_signals blocked(caught_.heard_signals());
                pollfd fds{also, POLLIN, 0};
                if (!detail::caught_signals::more())
                    timed_out = sys::poll_once(&fds, also != -1 ? 1 : 0, timeout, &blocked.before()) == 0;
            }
            signal_event next = detail::caught_signals::take();
            next.timed_out = timed_out && !next;
            return next;
        }

        /// Whether a signal that means stop has arrived. In any thread: one relaxed load.
        [[nodiscard]] static bool stop_requested() noexcept { return detail::caught_signals::stop_requested(); }
        /// Whether an event waits. In any thread: one relaxed load.
        [[nodiscard]] static bool signal_arrived() noexcept { return detail::caught_signals::more(); }
        /// Whether this signal means stop.
        [[nodiscard]] static bool means_stop(int signal) noexcept { return detail::caught_signals::means_stop(signal); }

    private:
        detail::caught_signals caught_;
    };

    /// In the daemon. Throws startup_error.
    [[nodiscard]] guard install(std::span<const int> heard, const sigset_t& mask) const { return {heard, mask, stops}; }
};

/// Receives stop and reload only. `basic_flag_signals<SIGUSR1>` also receives SIGUSR1 and passes it to on_signal().
using flag_signals = basic_flag_signals<>;

} // namespace daemonkit
