// SPDX-License-Identifier: BSL-1.0
// The classes of input and output, for process_settings::io_scheduling.
#pragma once

#include "require_cxx20.hpp"

namespace daemonkit {

/// The class of input and output of a process, ioprio_set(2).
enum class io_class {
    realtime = 1,    ///< before all others; needs CAP_SYS_ADMIN or CAP_SYS_NICE
    best_effort = 2, ///< the usual class
    idle = 3         ///< only when no other process uses the device
};

} // namespace daemonkit
