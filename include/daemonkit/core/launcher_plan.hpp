// SPDX-License-Identifier: BSL-1.0
// What a launcher still has to do after the daemon took over its memory.
#pragma once

#include "require_cxx20.hpp"

#include "../sys/raw/removal.hpp"
#include "../sys/signal_mask.hpp"

#include <string_view>

namespace daemonkit {

/// What a launcher without memory of its own gets from the lifecycle.
struct launcher_plan
{
    sigset_t mask = sys::current_mask(); ///< signals that are blocked while it waits
    sys::raw_removal removal{};          ///< what it removes if the daemon dies before it is ready
    std::string_view late_advice{};      ///< how its sentence ends if the daemon is late
};

} // namespace daemonkit
