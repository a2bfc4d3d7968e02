// SPDX-License-Identifier: BSL-1.0
// How another process sends a daemon a signal that it passes to on_signal().
#pragma once

#include "../../signal/concept.hpp"
#include "../../sys/cancellation.hpp"
#include "failure.hpp"
#include "signalling.hpp"
#include "stop.hpp"

#include <exception>

namespace daemonkit::detail {

/// Sends the signal, if the SignalPolicy passes it to on_signal(): any other could end the daemon.
template <class PidPolicy, class SignalPolicy>
[[nodiscard]] control_result send_signal(const PidPolicy& policy, const SignalPolicy& signals, int signal)
try {
    const sys::cancellation off(PTHREAD_CANCEL_DISABLE);
    const auto name = sys::signal_name(signal);
    if (signal <= 0 || !passes_on(signals, signal))
        return {exit_status::usage, 0,
                signal <= 0 ? sys::joined({"there is no such signal"})
                            : sys::joined({"this daemon has not chosen ", name})};
    const auto daemon = find_started(policy);
    if (!daemon)
        return {daemon.starting ? exit_status::error : exit_status::not_running, 0,
                daemon.starting ? not_recorded_yet : "not running"};
    // Its settings may be older than these. An unheard signal could end it.
    if (!sys::hears(daemon.pid, signal))
        return {exit_status::error, daemon.pid,
                sys::joined({"pid ", daemon.pid, " does not hear ", name, ", or /proc hides it: restart the daemon"})};
    if (!send(daemon, signal)) return cannot_signal(daemon.pid);
    return {exit_status::done, daemon.pid, sys::joined({"sent ", name, " (pid ", daemon.pid, ")"})};
} catch (const std::exception& e) {
    return failure(e);
}

} // namespace daemonkit::detail
