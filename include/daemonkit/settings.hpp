// SPDX-License-Identifier: BSL-1.0
// All settings of a daemon: each policy's own under the name of its family, and those that belong to no family. An
// aggregate for designated initializers. A setting without a default must be given.
#pragma once

#include "core/require_cxx20.hpp"

#include "control/stop_schedule.hpp"
#include "lifecycle/process_settings.hpp"
#include "notify/no_notify.hpp"
#include "sys/time.hpp"

namespace daemonkit {

template <class ForkPolicy, class PidPolicy, class SignalPolicy, class StdioPolicy, class NotifyPolicy = no_notify>
struct daemon_settings
{
    ForkPolicy fork{};
    PidPolicy pid{};
    SignalPolicy signals{};
    StdioPolicy stdio{};
    NotifyPolicy notify{};
    process_settings process{};
    /// What stop() and restart() send, and how long each step may take.
    stop_schedule stop{};
    /// How long reload() waits for on_reload() to end.
    std::chrono::nanoseconds reload_deadline = std::chrono::seconds(30);
};

} // namespace daemonkit
