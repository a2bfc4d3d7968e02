// SPDX-License-Identifier: BSL-1.0
// What generated files need and policies and settings do not say.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../sys/time.hpp"

namespace daemonkit {

/// Declared in the class of a daemon that has artefacts: `static constexpr daemonkit::artefact_notes notes{...}`. All of
/// it is optional.
struct artefact_notes
{
    const char* description = "";   ///< what the daemon does: "writes the time to a file"
    const char* documentation = ""; ///< a URI: "https://..." or "man:clientd(8)"
    /// The user that service managers and scripts start the program as. Not used if the settings name a user: the daemon
    /// then changes to it by itself, and the program is started as root.
    const char* user = "";
    const char* program = ""; ///< where the program is installed; empty: where the one that prints is
    const char* listen = "";  ///< the address for ListenStream= of systemd.socket(5)
    /// WatchdogSec= of systemd.service(5): run() calls wait_for() this often. 0: none.
    std::chrono::nanoseconds watchdog{};
};

} // namespace daemonkit
