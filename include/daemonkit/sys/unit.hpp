// SPDX-License-Identifier: BSL-1.0
// The systemd unit of a process, from its cgroup.
#pragma once

#include "../compiled.hpp"
#include "../text/joined.hpp"
#include "read_file.hpp"

#include <string>
#include <string_view>

namespace daemonkit::sys {

/// The service in the text of /proc/PID/cgroup, cgroups(7): "clientd.service" for "0::/system.slice/clientd.service"
/// and for groups below it. Empty if the innermost unit is not a service, as for a process started from a terminal:
/// "…/user@1000.service/app.slice/terminal.scope".
[[nodiscard]] DAEMONKIT_INLINE std::string unit_in(std::string_view cgroups);

/// The service that a process belongs to; empty if it belongs to none, or /proc does not show it.
[[nodiscard]] inline std::string unit_of(pid_t pid)
{
    std::string cgroups;
    if (read_file(joined({"/proc/", pid, "/cgroup"}).c_str(), cgroups, 4096) == -1) return {};
    return unit_in(cgroups);
}

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE std::string unit_in(std::string_view cgroups)
{
    std::string_view innermost;
    for (std::size_t at = 0; at < cgroups.size();) {
        const auto step = cgroups.substr(at, cgroups.find_first_of("/\n", at) - at);
        if (step.ends_with(".service") || step.ends_with(".scope")) innermost = step;
        at += step.size() + 1;
    }
    return std::string(innermost.ends_with(".service") ? innermost : "");
}

#endif

} // namespace daemonkit::sys
