// SPDX-License-Identifier: BSL-1.0
// Which unit of systemd a process belongs to.
#pragma once

#include "file.hpp"
#include "joined.hpp"

#include <string>
#include <string_view>

namespace daemonkit::sys {

/// "clientd.service" of "0::/system.slice/clientd.service", cgroups(7); empty where a process is in no service, or /proc
/// does not tell.
[[nodiscard]] inline std::string unit_in(std::string_view cgroups)
{
    constexpr std::string_view kind = ".service";
    const auto end = cgroups.rfind(kind);
    if (end == std::string_view::npos) return {};
    const auto after = end + kind.size();
    if (after < cgroups.size() && cgroups[after] != '/' && cgroups[after] != '\n') return {};
    const auto slash = cgroups.rfind('/', end);
    return slash == std::string_view::npos ? std::string() : std::string(cgroups.substr(slash + 1, after - slash - 1));
}

[[nodiscard]] inline std::string unit_of(pid_t pid)
{
    std::string cgroups;
    const unique_fd file(sys::open(joined({"/proc/", pid, "/cgroup"}).c_str(), O_RDONLY));
    if (!file || read_from_start(file.get(), cgroups, 4096) == -1) return {};
    return unit_in(cgroups);
}

} // namespace daemonkit::sys
