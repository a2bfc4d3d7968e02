// SPDX-License-Identifier: BSL-1.0
// signalfd(2): the signals are blocked and read from a descriptor. No handler ever runs, so no call is interrupted
// and threads need no care. What is not read is not known: there is no stop_requested() for loops that never wait.
// Children of fork() get the mask back; posix_spawn(), system() and popen() do not run fork handlers, so hand
// child_mask() to posix_spawnattr_setsigmask(3), or take self_pipe_signals, which blocks nothing.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../core/startup_error.hpp"
#include "../sys/deadline.hpp"
#include "../sys/fork_handler.hpp"
#include "../sys/signal_fd.hpp"
#include "../sys/signal_mask.hpp"
#include "concept.hpp"
#include "detail/chosen_signals.hpp"

#include <array>

namespace daemonkit {

template <int... Chosen>
struct basic_signalfd_signals
{
    static constexpr bool claims_signals = true;
    static constexpr auto chosen = detail::chosen_signals<Chosen...>::value;

    class guard
    {
    public:
        guard(std::span<const int> heard, const sigset_t& mask)
        {
            sigset_t set = sys::no_signals();
            sigset_t blocked = mask;
            for (const int signal : heard) {
                sigaddset(&set, signal);
                sigaddset(&blocked, signal);
            }
            fd_.reset(check_call(sys::open_signal_fd(set), "open the descriptor for signals"));
            mask_in_child = mask;
            restored_in_child_ = sys::fork_handler(restore_in_child, 0);
            if (!restored_in_child_) throw_errno("prepare for children");
            sys::set_mask(blocked);
        }
        guard(const guard&) = delete;
        guard& operator=(const guard&) = delete;
        ~guard()
        {
            // A second TERM that still waits must not kill a process that is about to end with its own status.
            while (sys::read_signal(fd_.get()) != 0) {}
            sys::set_mask(mask_in_child);
        }

        signal_event wait(std::chrono::nanoseconds timeout, int also)
        {
            const bool sleeps = also != -1 || timeout > timeout.zero();
            if (stops_first_) {
                if (const signal_event stop = waiting_stop()) return stop;
                if (const signal_event next = read()) return next;
                if (!sleeps) return {};
            }
            if (sleeps) {
                std::array<pollfd, 2> fds{{{fd_.get(), POLLIN, 0}, {also, POLLIN, 0}}};
                sys::poll_once(fds.data(), fds.size(), timeout);
                if (fds[0].revents == 0) return {};
            }
            return read();
        }

        [[nodiscard]] int fd() const noexcept { return fd_.get(); }

    private:
        /// The kernel hands signals out by number, HUP before TERM: reloads that come as fast as they are carried out
        /// would keep a stop away for ever. So after any signal it is looked for a stop before the next.
        static signal_event waiting_stop() noexcept
        {
            sigset_t stops = sys::no_signals();
            for (const int signal : {SIGTERM, SIGINT}) sigaddset(&stops, signal);
            return {sys::take_signal(stops)};
        }

        signal_event read() noexcept
        {
            const signal_event next{sys::read_signal(fd_.get())};
            stops_first_ = static_cast<bool>(next);
            return next;
        }

        static void restore_in_child(int) noexcept { sys::fork_handler::leave_with(mask_in_child); }

        static inline sigset_t mask_in_child{};

        bool stops_first_ = true;
        sys::unique_fd fd_;
        sys::fork_handler restored_in_child_;
    };

    [[nodiscard]] guard install(std::span<const int> heard, const sigset_t& mask) const { return {heard, mask}; }
};

/// Stop and reload only. `basic_signalfd_signals<SIGUSR1>` hears SIGUSR1 too and hands it to on_signal().
using signalfd_signals = basic_signalfd_signals<>;

} // namespace daemonkit
