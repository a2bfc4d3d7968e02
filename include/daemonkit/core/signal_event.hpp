// SPDX-License-Identifier: BSL-1.0
// What a signal means to a daemon.
#pragma once

#include "require_cxx20.hpp"

#include <signal.h>

namespace daemonkit {

/// A signal that the daemon received; false if a wait ended for another reason.
struct signal_event
{
    int signal = 0;         ///< signal number; 0: none
    bool timed_out = false; ///< none came in the whole timeout, so wait_for() need not read the clock
    bool unasked = false; ///< SIGHUP of a process that waits for no result, so callers are looked for after on_reload()

    /// Whether there is a signal.
    [[nodiscard]] constexpr explicit operator bool() const noexcept { return signal != 0; }
    /// SIGTERM, or SIGINT from the terminal of a daemon in the foreground: what means stop unless a SignalPolicy says
    /// otherwise.
    [[nodiscard]] constexpr bool is_stop() const noexcept { return signal == SIGTERM || signal == SIGINT; }
    /// SIGHUP.
    [[nodiscard]] constexpr bool is_reload() const noexcept { return signal == SIGHUP; }
};

} // namespace daemonkit
