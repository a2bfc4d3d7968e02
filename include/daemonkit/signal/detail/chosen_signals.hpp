// SPDX-License-Identifier: BSL-1.0
// The signals that a daemon may choose, checked at compile time.
#pragma once

#include "../../core/signal_set.hpp"

#include <array>
#include <cstddef>
#include <span>

namespace daemonkit::detail {

/// The signals that a daemon receives besides stop and reload.
template <int... ChosenSignals>
struct chosen_signals
{
    static constexpr std::array<int, sizeof...(ChosenSignals)> value{ChosenSignals...};

    static_assert(((ChosenSignals != SIGKILL && ChosenSignals != SIGSTOP) && ...),
                  "daemonkit: SIGKILL and SIGSTOP cannot be caught by any process: leave them out of the signals");
    static_assert(((ChosenSignals > 0 && ChosenSignals < _NSIG && ChosenSignals != 32 && ChosenSignals != 33) && ...),
                  "daemonkit: this is not a signal number that a program can use: use a name from signal(7)");
    static_assert(((ChosenSignals != SIGTERM && ChosenSignals != SIGHUP) && ...),
                  "daemonkit: SIGTERM and SIGHUP are received already, as stop and reload: leave them out");

    /// The signals that mean stop: TERM, and INT if it is not chosen.
    static constexpr signal_set stops = [] {
        const int both[] = {SIGTERM, SIGINT};
        return signal_set(std::span(both, ((ChosenSignals == SIGINT) || ...) ? 1 : 2));
    }();

    static constexpr bool distinct()
    {
        for (std::size_t i = 0; i < value.size(); ++i)
            for (std::size_t j = 0; j < i; ++j)
                if (value[i] == value[j]) return false;
        return true;
    }
    static_assert(distinct(), "daemonkit: a signal is named twice: name each once");
};

} // namespace daemonkit::detail
