// SPDX-License-Identifier: BSL-1.0
// Touches no signal: the program, or whoever started it, has its own ways. TERM ends the process as it always does.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../sys/deadline.hpp"
#include "concept.hpp"

namespace daemonkit {

struct inherit_signals
{
    static constexpr bool claims_signals = false;

    struct guard
    {
        /// A sleep that a signal handler of the program's does not cut short.
        signal_event wait(std::chrono::nanoseconds timeout, int also) const noexcept // NOLINT(*-static)
        {
            sys::readable_within(also, timeout);
            return {};
        }
    };

    [[nodiscard]] guard install(std::span<const int>, const sigset_t&) const noexcept { return {}; }
};

} // namespace daemonkit
