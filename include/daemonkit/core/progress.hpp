// SPDX-License-Identifier: BSL-1.0
// Progress of a wait: a callable that is called while a process waits for a daemon.
#pragma once

#include "require_cxx20.hpp"

#include "../sys/time.hpp"

namespace daemonkit {

/// The default Progress, which shows nothing. A Progress is called about once a second, in the process and thread that
/// wait, with the time since the wait began.
struct no_progress
{
    void operator()(std::chrono::nanoseconds) const noexcept {} ///< does nothing
};

} // namespace daemonkit
