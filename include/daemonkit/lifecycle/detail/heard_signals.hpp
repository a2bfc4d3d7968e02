// SPDX-License-Identifier: BSL-1.0
// Which signals a SignalPolicy is told to hear.
#pragma once

#include "../../signal/concept.hpp"

#include <signal.h>

#include <array>
#include <cstddef>

namespace daemonkit::detail {

/// The signals that the daemon hears; none where the SignalPolicy claims none.
template <class SignalPolicy, bool HearsReload>
constexpr auto heard_signals()
{
    if constexpr (SignalPolicy::claims_signals) {
        constexpr bool hears_int = !chooses<SignalPolicy>(SIGINT); // otherwise it is among the chosen
        constexpr std::size_t fixed = 1 + (hears_int ? 1 : 0) + (HearsReload ? 1 : 0);
        std::array<int, fixed + SignalPolicy::chosen.size()> signals{SIGTERM};
        if constexpr (hears_int) signals[1] = SIGINT;
        if constexpr (HearsReload) signals[fixed - 1] = SIGHUP;
        for (std::size_t i = 0; i < SignalPolicy::chosen.size(); ++i) signals[fixed + i] = SignalPolicy::chosen[i];
        return signals;
    } else {
        return std::array<int, 0>{};
    }
}

} // namespace daemonkit::detail
