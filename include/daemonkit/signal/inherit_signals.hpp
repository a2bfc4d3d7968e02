// SPDX-License-Identifier: BSL-1.0
// For programs that handle signals themselves. The library changes no mask and no disposition. SIGTERM kills the
// process, unless the program handles it.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../sys/deadline.hpp"
#include "concept.hpp"

namespace daemonkit {

/// SignalPolicy: the daemon receives no signals through the library. wait() and wait_for() only sleep.
struct inherit_signals
{
    static constexpr bool claims_signals = false; ///< the daemon hears no signals: wait() is only a sleep

    /// Sleeps instead of hearing.
    struct guard
    {
        /// Sleeps for the whole `timeout`, also if a signal handler of the program runs.
        signal_event wait(std::chrono::nanoseconds timeout, int also) const // NOLINT(*-static)
        {
            sys::readable_within(also, timeout);
            return {};
        }
    };

    /// In the daemon; does nothing.
    [[nodiscard]] guard install(std::span<const int>, const sigset_t&) const noexcept { return {}; }
};

} // namespace daemonkit
