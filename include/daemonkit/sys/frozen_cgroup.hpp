// SPDX-License-Identifier: BSL-1.0
// Whether the cgroup of a process is frozen, cgroups(7). A frozen process handles no signal until it is thawed. SIGKILL
// ends it at once in version 2 of cgroups, and when it is thawed in version 1.
#pragma once

#include "../text/joined.hpp"
#include "read_file.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace daemonkit::sys {

/// The cgroup of a process, in the text of /proc/PID/cgroup, cgroups(7): with "::", "/x/y" of the line "0::/x/y" of
/// version 2; with ":freezer:", "/x/y" of the line "6:freezer:/x/y" of version 1. Empty if there is no such line.
[[nodiscard, gnu::cold]] inline std::string_view cgroup_in(std::string_view cgroups, std::string_view controller)
{
    while (!cgroups.empty()) {
        auto line = cgroups.substr(0, cgroups.find('\n'));
        cgroups.remove_prefix(std::min(line.size() + 1, cgroups.size()));
        line.remove_prefix(std::min(line.find(':'), line.size()));
        if (line.starts_with(controller)) return line.substr(controller.size());
    }
    return {};
}

/// A frozen cgroup.
struct frozen_cgroup
{
    std::string path{};   ///< as in /proc/PID/cgroup; empty: none is frozen, or it cannot be told
    std::string remedy{}; ///< "write 0 to FILE", which thaws it; empty: one that is not visible from here was frozen
};

namespace detail {

/// The files of a cgroup in one version of cgroups(7).
struct freezer
{
    const char* controller; ///< in /proc/PID/cgroup, between colons
    const char* state;      ///< file: whether this cgroup, or one above it, is frozen
    const char* frozen;     ///< in that file, if one is
    const char* own;        ///< file: "1" if this cgroup itself was frozen
    const char* thaw;       ///< what to write
    const char* to;         ///< to this file
};

inline constexpr freezer version_2{"::",          "/cgroup.events", "frozen 1", "/cgroup.freeze",
                                   "write 0 to ", "/cgroup.freeze"};
inline constexpr freezer version_1{":freezer:",        "/freezer.state", "FR", "/freezer.self_freezing",
                                   "write THAWED to ", "/freezer.state"};

/// Looks for the frozen cgroup in one hierarchy, mounted at `mount`. Returns whether the state could be read.
[[gnu::cold]] inline bool find_frozen(const freezer& kind, const std::string& mount, std::string_view cgroups,
                                      frozen_cgroup& found)
{
    std::string text;
    auto path = cgroup_in(cgroups, kind.controller);
    if (path.empty() || path.starts_with("/..")) return false; // outside of this process's cgroup namespace
    if (path == "/") path = {};
    if (read_at_once(joined({mount, path, kind.state}).c_str(), text, 256) == -1) return false;
    if (text.find(kind.frozen) == std::string::npos) return true;
    found.path = path.empty() ? "/" : path;
    for (auto group = path;; group = group.substr(0, group.rfind('/'))) {
        const auto directory = joined({mount, group});
        if (read_at_once((directory + kind.own).c_str(), text, 16) == 0 && text.starts_with('1')) {
            found = {std::string(group.empty() ? "/" : group), joined({kind.thaw, directory, kind.to})};
            return true;
        }
        if (group.empty()) return true;
    }
}

} // namespace detail

/// The frozen cgroup that holds a process with this text of /proc/PID/cgroup: its own, or the nearest above it that was
/// frozen. `mounts` is the directory with the cgroup file systems: version 2 in it or in "unified", version 1 in
/// "freezer".
[[nodiscard, gnu::cold]] inline frozen_cgroup frozen_cgroup_in(std::string_view cgroups, const std::string& mounts)
{
    frozen_cgroup found;
    if (!detail::find_frozen(detail::version_2, mounts, cgroups, found))
        detail::find_frozen(detail::version_2, mounts + "/unified", cgroups, found);
    if (found.path.empty()) detail::find_frozen(detail::version_1, mounts + "/freezer", cgroups, found);
    return found;
}

/// The frozen cgroup that holds a process. Check afterwards that the process has not exited: another one could have its
/// pid.
[[nodiscard, gnu::cold]] inline frozen_cgroup frozen_cgroup_of(pid_t pid)
{
    std::string cgroups;
    if (read_at_once(joined({"/proc/", pid, "/cgroup"}).c_str(), cgroups, 4096) == -1) return {};
    return frozen_cgroup_in(cgroups, "/sys/fs/cgroup");
}

} // namespace daemonkit::sys
