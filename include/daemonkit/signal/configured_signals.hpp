// SPDX-License-Identifier: BSL-1.0
// Signals chosen at run time, for programs whose configuration says which signals mean stop, and which are the
// program's.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../core/startup_error.hpp"
#include "../text/joined.hpp"
#include "signalfd_signals.hpp"

#include <vector>

namespace daemonkit {

/// SignalPolicy: as `SignalPolicy`, with sets that are settings.
template <class SignalPolicy = signalfd_signals>
struct configured_signals
{
    /// The signals that mean stop, besides TERM, which can stand here, too. Without SIGINT, in neither set, INT and Ctrl-C
    /// keep their default action, which ends the daemon without its clean-up.
    std::vector<int> stop{SIGINT};
    /// Further signals for on_signal(): SIGUSR1, SIGINT, SIGRTMIN + 1.
    std::vector<int> more{};

    static constexpr bool claims_signals = true;         ///< the daemon hears signals
    static constexpr auto chosen = SignalPolicy::chosen; ///< the signals that it hears in every case
    static constexpr bool chooses_at_run_time = true;    ///< on_signal() must be declared
    static constexpr bool collects_children = detail::collects_children<SignalPolicy>; ///< as SignalPolicy
    using guard = typename SignalPolicy::guard;                                        ///< that of SignalPolicy

    /// In the daemon. Throws startup_error, exit status 6, if a signal cannot be heard, or is named twice.
    [[nodiscard]] guard install(std::span<const int> heard, const sigset_t& mask) const
    {
        std::vector<int> all;
        for (const int signal : heard)
            if (signal != SIGINT) all.push_back(signal);
        std::vector<int> stops{SIGTERM};
        for (const int signal : stop)
            if (signal != SIGTERM) add(all, stops.emplace_back(signal));
        for (const int signal : more) add(all, signal);
        return {all, mask, signal_set(stops)};
    }

    /// Whether on_signal() is called for this signal.
    [[nodiscard]] bool chooses(int signal) const noexcept
    {
        for (const int one : more)
            if (one == signal) return true;
        return detail::chooses<SignalPolicy>(signal);
    }

private:
    static void add(std::vector<int>& all, int signal)
    {
        const char* reason = nullptr;
        if (signal <= 0 || signal >= _NSIG || signal == 32 || signal == 33) reason = "a program cannot use this number";
        if (signal == SIGKILL || signal == SIGSTOP) reason = "no process can catch it";
        if (signal == SIGHUP) reason = "it means reload";
        for (const int other : all)
            if (other == signal && reason == nullptr) reason = "it is named twice";
        if (reason != nullptr) throw startup_error::bad_setting("hear the signal", sys::joined({signal}), reason);
        all.push_back(signal);
    }
};

} // namespace daemonkit
