// SPDX-License-Identifier: BSL-1.0
// What a signal means to a daemon.
#pragma once

#include "require_cxx20.hpp"

#include <signal.h>

namespace daemonkit {

/// A signal that was heard; none if a wait ended for another reason.
struct signal_event
{
    int signal = 0;

    [[nodiscard]] constexpr explicit operator bool() const noexcept { return signal != 0; }
    /// TERM, and INT for a daemon in the foreground of a terminal.
    [[nodiscard]] constexpr bool is_stop() const noexcept { return signal == SIGTERM || signal == SIGINT; }
    [[nodiscard]] constexpr bool is_reload() const noexcept { return signal == SIGHUP; }
};

} // namespace daemonkit
