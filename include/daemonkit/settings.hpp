// SPDX-License-Identifier: BSL-1.0
// All settings of a daemon: those of each policy under the name of its family, and those of all daemons. An aggregate,
// for designated initializers. A setting without a default must be given.
#pragma once

#include "core/require_cxx20.hpp"

#include "control/stop_schedule.hpp"
#include "lifecycle/process_settings.hpp"
#include "notify/no_notify.hpp"
#include "sys/time.hpp"

namespace daemonkit {

/// The settings that start() and the other verbs take; basic_daemon::settings names this type.
template <class ForkPolicy, class PidPolicy, class SignalPolicy, class StdioPolicy, class NotifyPolicy = no_notify>
struct daemon_settings
{
    ForkPolicy fork{};          ///< how the daemon detaches
    PidPolicy pid{};            ///< how it proves which process it is
    SignalPolicy signals{};     ///< how it receives signals
    StdioPolicy stdio{};        ///< where its output goes
    NotifyPolicy notify{};      ///< what it tells the service manager
    process_settings process{}; ///< the attributes of its process
    /// The signals that stop() and restart() send, and how long to wait after each.
    stop_schedule stop{};
    /// How long reload() waits for the daemon's answer.
    std::chrono::nanoseconds reload_deadline = std::chrono::seconds(30);
};

} // namespace daemonkit
