// SPDX-License-Identifier: BSL-1.0
// The self-pipe trick: a handler stores the signal and writes a byte to a pipe, so its read end becomes readable. This
// needs only POSIX, works with threads and with every event loop, and stop_requested() makes no system call.
// Interrupted calls are restarted (SA_RESTART).
#pragma once

#include "../core/require_cxx20.hpp"

#include "../sys/deadline.hpp"
#include "../sys/private_fd.hpp"
#include "concept.hpp"
#include "detail/caught_signals.hpp"
#include "detail/chosen_signals.hpp"

#include <utility>

namespace daemonkit {

/// SignalPolicy: signals make a pipe readable. `Chosen` are the signals for on_signal().
template <int... ChosenSignals>
struct basic_self_pipe_signals
{
    static constexpr bool claims_signals = true; ///< the daemon hears signals
    /// The signals that it hears beside TERM, INT and HUP.
    static constexpr auto chosen = detail::chosen_signals<ChosenSignals...>::value;
    static constexpr auto stops = detail::chosen_signals<
        ChosenSignals...>::stops; ///< the signals that mean stop: TERM, and INT if it is not chosen

    /// The handlers and the pipe, until its end.
    class guard
    {
    public:
        /// Hears `heard`, of which `stopping` mean stop, and sets the signal mask. Throws startup_error.
        guard(std::span<const int> heard, const sigset_t& mask, signal_set stopping)
            : guard(heard, mask, stopping, pipe())
        {
        }

        /// The next event; none after `timeout`, or when `also` is readable.
        [[gnu::always_inline]] signal_event wait(std::chrono::nanoseconds timeout, int also)
        {
            if (!detail::caught_signals::more() && (timeout > timeout.zero() || also != -1)) {
                std::array<pollfd, 2> fds{{{read_.get(), POLLIN, 0}, {also, POLLIN, 0}}};
                const int ready = sys::poll_once(fds.data(), fds.size(), timeout);
                if (ready == 0) [[likely]]
                    return {.timed_out = true};
                if (ready != -1 && fds[0].revents == 0) return {};
            }
            return take();
        }

        [[nodiscard]] int fd() const noexcept { return read_.get(); } ///< readable while an event waits
        /// Whether a signal that means stop has arrived. In any thread: one relaxed load.
        [[nodiscard]] static bool stop_requested() noexcept { return detail::caught_signals::stop_requested(); }
        /// Whether an event waits. In any thread: one relaxed load.
        [[nodiscard]] static bool signal_arrived() noexcept { return detail::caught_signals::more(); }
        /// Whether this signal means stop.
        [[nodiscard]] static bool means_stop(int signal) noexcept { return detail::caught_signals::means_stop(signal); }

    private:
        [[gnu::noinline]] signal_event take()
        {
            sys::drain(read_.get()); // before the check: a byte written after it must stay, to end the next sleep
            const signal_event next = detail::caught_signals::take();
            if (detail::caught_signals::more()) sys::wake(write_.get()); // fd() stays readable as long as events wait
            return next;
        }

        struct pipe
        {
            sys::unique_fd read_end{};
            sys::unique_fd write_end{};
            int opened =
                detail::check_call_of("pipe2", sys::open_pipe(read_end, write_end), "open the pipe for signals");
        };

        guard(std::span<const int> heard, const sigset_t& mask, signal_set stopping, pipe ends)
            : read_(std::move(ends.read_end)), write_(std::move(ends.write_end)),
              caught_(heard, mask, stopping, SA_RESTART, write_.get())
        {
        }

        sys::private_fd read_;
        sys::private_fd write_;
        detail::caught_signals caught_;
    };

    /// In the daemon. Throws startup_error.
    [[nodiscard]] guard install(std::span<const int> heard, const sigset_t& mask) const { return {heard, mask, stops}; }
};

/// Receives stop and reload only. `basic_self_pipe_signals<SIGUSR1>` also receives SIGUSR1 and passes it to
/// on_signal().
using self_pipe_signals = basic_self_pipe_signals<>;

} // namespace daemonkit
