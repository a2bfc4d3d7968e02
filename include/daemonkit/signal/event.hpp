// SPDX-License-Identifier: BSL-1.0
// What a signal means to a daemon, and which signals may be asked for.
#pragma once

#include <signal.h>

#include <array>
#include <cstddef>

namespace daemonkit {

/// A signal that was heard; none if a wait ended for another reason.
struct event
{
    int signal = 0;

    [[nodiscard]] constexpr explicit operator bool() const noexcept { return signal != 0; }
    /// TERM, and INT for a daemon in the foreground of a terminal.
    [[nodiscard]] constexpr bool is_stop() const noexcept { return signal == SIGTERM || signal == SIGINT; }
    [[nodiscard]] constexpr bool is_reload() const noexcept { return signal == SIGHUP; }
};

/// The signals a daemon asks for beside stop and reload, checked at compile time.
template <int... Chosen>
struct chosen_signals
{
    static constexpr std::array<int, sizeof...(Chosen)> value{Chosen...};

    static_assert(((Chosen != SIGKILL && Chosen != SIGSTOP) && ...),
                  "daemonkit: SIGKILL and SIGSTOP cannot be caught by any process: leave them out of the signals");
    static_assert(((Chosen > 0 && Chosen < _NSIG && Chosen != 32 && Chosen != 33) && ...),
                  "daemonkit: this is no signal number that a program may use: take a name from signal(7)");
    static_assert(((!event{Chosen}.is_stop() && !event{Chosen}.is_reload()) && ...),
                  "daemonkit: SIGTERM, SIGINT and SIGHUP are heard already, as stop and reload: leave them out");

    static constexpr bool distinct()
    {
        for (std::size_t i = 0; i < value.size(); ++i)
            for (std::size_t j = 0; j < i; ++j)
                if (value[i] == value[j]) return false;
        return true;
    }
    static_assert(distinct(), "daemonkit: a signal is named twice: name each once");
};

} // namespace daemonkit
