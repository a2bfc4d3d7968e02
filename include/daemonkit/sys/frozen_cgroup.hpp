// SPDX-License-Identifier: BSL-1.0
// Whether the cgroup of a process is frozen, cgroups(7). A frozen process handles no signal until it is thawed. SIGKILL
// ends it at once in version 2 of cgroups, and when it is thawed in version 1.
#pragma once

#include "../text/joined.hpp"
#include "process_stat.hpp"
#include "read_file.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace daemonkit::sys {

/// The cgroup of a process, in the text of /proc/PID/cgroup, cgroups(7): with "::", "/x/y" of the line "0::/x/y" of
/// version 2; with ":freezer:", "/x/y" of the line "6:freezer:/x/y" of version 1. Empty if there is no such line.
[[nodiscard, gnu::cold]] inline std::string_view cgroup_in(std::string_view cgroups, std::string_view controller)
{
    while (!cgroups.empty()) { // the last line first: the kernel puts version 2 there
        if (cgroups.ends_with('\n')) cgroups.remove_suffix(1);
        auto line = cgroups;
        line.remove_prefix(after_last('\n', line));
        cgroups.remove_suffix(line.size());
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
    std::string_view controller; ///< in /proc/PID/cgroup, between colons
    std::string_view state;      ///< file: whether this cgroup, or one above it, is frozen
    std::string_view frozen;     ///< in that file, if one is
    std::string_view own;        ///< file: "1" if this cgroup itself was frozen
    std::string_view thaw;       ///< what to write
    std::string_view to;         ///< to this file
};

inline constexpr freezer version_2{"::",          "/cgroup.events", "frozen 1", "/cgroup.freeze",
                                   "write 0 to ", "/cgroup.freeze"};
inline constexpr freezer version_1{":freezer:",        "/freezer.state", "FR", "/freezer.self_freezing",
                                   "write THAWED to ", "/freezer.state"};

/// Looks for the frozen cgroup in one hierarchy, mounted at `mount` below `mounts`. Returns whether the state could be read.
[[gnu::cold]] inline bool find_frozen(const freezer& kind, std::string_view mounts, std::string_view mount,
                                      std::string_view cgroups, frozen_cgroup& found)
{
    char room[256];
    auto path = cgroup_in(cgroups, kind.controller);
    if (path.empty() || path.starts_with("/..")) return false; // outside of this process's cgroup namespace
    if (path == "/") path = {};
    const auto state = read_at_once(joined({mounts, mount, path, kind.state}).c_str(), room);
    if (state.empty()) return false;
    if (state.find(kind.frozen) == std::string_view::npos) return true;
    found.path = path.empty() ? "/" : path;
    for (auto group = path;; group = group.substr(0, group.rfind('/'))) {
        const auto directory = joined({mounts, mount, group});
        if (read_at_once(joined({directory, kind.own}).c_str(), room).starts_with('1')) {
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
[[nodiscard, gnu::cold]] inline frozen_cgroup frozen_cgroup_in(std::string_view cgroups, std::string_view mounts)
{
    frozen_cgroup found;
    if (!detail::find_frozen(detail::version_2, mounts, "", cgroups, found))
        detail::find_frozen(detail::version_2, mounts, "/unified", cgroups, found);
    if (found.path.empty()) detail::find_frozen(detail::version_1, mounts, "/freezer", cgroups, found);
    return found;
}

/// The frozen cgroup that holds a process. Check afterwards that the process has not exited: another one could have its
/// pid.
[[nodiscard, gnu::cold]] inline frozen_cgroup frozen_cgroup_of(pid_t pid)
{
    char room[4096];
    return frozen_cgroup_in(read_at_once(proc_path(pid, "/cgroup").c_str(), room), "/sys/fs/cgroup");
}

} // namespace daemonkit::sys
