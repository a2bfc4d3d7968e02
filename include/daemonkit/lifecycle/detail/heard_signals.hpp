// SPDX-License-Identifier: BSL-1.0
// Which signals a SignalPolicy is told to hear.
#pragma once

#include <signal.h>

#include <array>
#include <cstddef>

namespace daemonkit::detail {

/// The signals that the daemon hears; none where the SignalPolicy claims none.
template <class Policy, bool Reload>
constexpr auto heard_signals()
{
    if constexpr (Policy::claims_signals) {
        constexpr std::size_t fixed = Reload ? 3 : 2;
        std::array<int, fixed + Policy::chosen.size()> signals{SIGTERM, SIGINT};
        if constexpr (Reload) signals[2] = SIGHUP;
        for (std::size_t i = 0; i < Policy::chosen.size(); ++i) signals[fixed + i] = Policy::chosen[i];
        return signals;
    } else {
        return std::array<int, 0>{};
    }
}

} // namespace daemonkit::detail
