// SPDX-License-Identifier: BSL-1.0
// All that a daemon is told about itself: each policy's own settings under the name of its family, and what belongs to
// none of them. An aggregate for designated initialisers; what has no default must be given.
#pragma once

#include "process.hpp"
#include "stop_schedule.hpp"
#include "sys/time.hpp"

namespace daemonkit {

template <class ForkPolicy, class PidPolicy, class SignalPolicy, class StdioPolicy>
struct daemon_settings
{
    ForkPolicy fork{};
    PidPolicy pid{};
    SignalPolicy signals{};
    StdioPolicy stdio{};
    process_settings process{};
    /// For stop() and restart().
    stop_schedule stop{};
    /// How long reload() waits for on_reload() to end.
    std::chrono::nanoseconds reload_deadline = std::chrono::seconds(30);
};

} // namespace daemonkit
