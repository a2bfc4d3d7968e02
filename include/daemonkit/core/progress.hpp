// SPDX-License-Identifier: BSL-1.0
// What a process that waits is told about the time that it has waited.
#pragma once

#include "require_cxx20.hpp"

#include "../sys/time.hpp"

namespace daemonkit {

/// The Progress of a wait in silence, the default. A Progress is called about once a second, in the process and thread
/// that wait, with the time since the wait began.
struct no_progress
{
    void operator()(std::chrono::nanoseconds) const noexcept {}
};

} // namespace daemonkit
