// SPDX-License-Identifier: BSL-1.0
// Whether other users can change which file a path names. Renaming a directory of the path, or replacing a symbolic
// link there, changes the file, whatever the permissions of the file itself are.
#pragma once

#include "../text/joined.hpp"
#include "credentials.hpp"
#include "file.hpp"

#include <climits>
#include <cstdio>
#include <string>
#include <string_view>

namespace daemonkit::sys {

/// The first component of a path that a user other than root and the trusted one can change. false: there is none.
struct untrusted
{
    std::string path{};   ///< the component
    std::string reason{}; ///< why it is not trusted, and what to do
    bool links = false;   ///< whether the path contains a symbolic link, trusted or not
    uid_t owner = 0;      ///< owner of the component, if that is the reason

    /// Whether there is something not to be trusted.
    [[nodiscard]] explicit operator bool() const noexcept { return !reason.empty(); }
};

/// Whether `user` is the overflow user. It owns the files of all users that are not mapped into this user namespace. In
/// most namespaces these are the files of root. user_namespaces(7).
[[gnu::cold]] inline bool is_unmapped(uid_t user)
{
    constexpr uid_t overflow = 65534;
    std::string map;
    if (user != overflow || read_file("/proc/self/uid_map", map, 65536) == -1) return false;
    unsigned first = 0, outside = 0, count = 0;
    int length = 0;
    for (const char* at = map.c_str(); std::sscanf(at, "%u %u %u%n", &first, &outside, &count, &length) == 3;
         at += length)
        if (user >= first && user - first < count) return false;
    return true;
}

/// Notes in `found` that a user other than the trusted one owns the file.
[[gnu::cold]] inline void report_owner(const char* path, uid_t owner, untrusted& found)
{
    found.path = joined({path});
    found.reason = joined({"it belongs to user ", owner, ", who could replace it; it must belong to root or to you"});
    found.owner = owner;
}

/// Notes in `found` that others can write to the file.
[[gnu::cold]] inline void report_mode(const char* path, mode_t mode, untrusted& found)
{
    found.path = joined({path});
    found.reason =
        joined({"others may write to it (mode ", octal(mode & 07777U), "); remove that permission with chmod go-w"});
}

/// Checks owner and mode of one file; only root and `user` are trusted. A sticky directory such as /tmp is trusted,
/// because other users can create files there but not replace or remove ours. The mode of a symbolic link means
/// nothing.
inline void check_file(const char* path, const file_status& status, uid_t user, untrusted& found)
{
    if (status.st_uid != 0 && status.st_uid != user && !is_unmapped(status.st_uid))
        return report_owner(path, status.st_uid, found);
    const bool sticky_directory = S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0;
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) == 0 || sticky_directory || S_ISLNK(status.st_mode)) return;
    report_mode(path, status.st_mode, found);
}

/// Checks each directory of a path, and the targets of its symbolic links. Whether one is untrusted: `found` says
/// which.
inline void check_path(const std::string& path, uid_t user, int links, untrusted& found);

/// Checks the target of the symbolic link `link`, which is a component of `path`.
[[gnu::cold]] inline void check_link_target(const char* link, const std::string& path, uid_t user, int links,
                                            untrusted& found)
{
    found.links = true;
    if (links == 40) { // path_resolution(7)
        found.path = path;
        found.reason = joined({"it has too many levels of symbolic links"});
        return;
    }
    char target[PATH_MAX];
    const auto length = ::readlink(link, target, sizeof target);
    const std::string_view to(target, length > 0 ? static_cast<std::size_t>(length) : 0);
    const std::string_view from = link;
    check_path(joined({to.starts_with('/') ? "" : from.substr(0, from.rfind('/') + 1), to}), user, links + 1, found);
}

inline void check_path(const std::string& path, uid_t user, int links, untrusted& found)
{
    std::string component = path; // cut off after each component in turn
    for (std::size_t end = 0; end != std::string::npos && !found;) {
        end = component.find('/', end + 1);
        if (end != std::string::npos) component[end] = '\0';
        file_status status = {};
        if (link_status_of(component.c_str(), status) == -1) return;
        check_file(component.c_str(), status, user, found);
        if (!found && S_ISLNK(status.st_mode)) check_link_target(component.c_str(), path, user, links, found);
        if (end != std::string::npos) component[end] = '/';
    }
}

/// Checks one file by the status that the caller has read.
inline untrusted untrusted_file(const char* path, const file_status& status, uid_t user)
{
    untrusted found;
    check_file(path, status, user, found);
    return found;
}

/// Checks each directory and each symbolic link from "/" to `path`, which is absolute. Missing components are trusted.
inline untrusted untrusted_path(const std::string& path, uid_t user)
{
    untrusted found;
    check_path(path, user, 0, found);
    return found;
}

} // namespace daemonkit::sys
