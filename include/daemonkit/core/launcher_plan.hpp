// SPDX-License-Identifier: BSL-1.0
// What a launcher has to do after it handed its memory over to the daemon.
#pragma once

#include "require_cxx20.hpp"

#include "../sys/raw/removal.hpp"
#include "../sys/signal_mask.hpp"

#include <string_view>

namespace daemonkit {

/// What the lifecycle passes to ForkPolicy::detach(plan), for a launcher without memory of its own.
struct launcher_plan
{
    sigset_t mask = sys::current_mask(); ///< signals that are blocked while the launcher waits
    sys::raw_removal removal{};          ///< what the launcher removes if the daemon dies before it is ready
    std::string_view late_advice{};      ///< what its message advises if the daemon is late
    bool tells_role = false; ///< the status line before the daemon is ready is its role: it prints that, too
};

} // namespace daemonkit
