// SPDX-License-Identifier: BSL-1.0
// Who can change where a path leads. Whoever can rename a directory on the way to a file, or replace a symbolic link
// there, chooses which file it is, however well that file itself is guarded.
#pragma once

#include "../text/joined.hpp"
#include "credentials.hpp"
#include "file.hpp"

#include <climits>
#include <cstdio>
#include <string>
#include <string_view>

namespace daemonkit::sys {

/// What others than root and the caller could change; nothing if `reason` is empty.
struct untrusted
{
    std::string path{};
    std::string reason{};
    bool links = false; ///< whether a symbolic link is on the way, trusted or not
    uid_t owner = 0;    ///< whose it is, if that is the reason

    [[nodiscard]] explicit operator bool() const noexcept { return !reason.empty(); }
};

/// Whether the user namespace has no number for a user, as for root's files in most of them: then they belong to the
/// overflow user, user_namespaces(7).
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

[[gnu::cold]] inline void tell_owner(const char* path, uid_t owner, untrusted& found)
{
    found.path = joined({path});
    found.reason = joined(
        {"it belongs to user ", owner, ", who could put another in its place; it must belong to root or to you"});
    found.owner = owner;
}

[[gnu::cold]] inline void tell_mode(const char* path, mode_t mode, untrusted& found)
{
    found.path = joined({path});
    found.reason = joined({"others may write it (mode ", octal(mode & 07777U), "); take that away with chmod go-w"});
}

/// Trusted are root and `user`. A sticky directory such as /tmp is trusted: there others can create, not replace or
/// remove. The mode of a symbolic link means nothing.
inline void look_at_file(const char* path, const file_status& status, uid_t user, untrusted& found)
{
    if (status.st_uid != 0 && status.st_uid != user && !is_unmapped(status.st_uid))
        return tell_owner(path, status.st_uid, found);
    const bool sticky_directory = S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0;
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) == 0 || sticky_directory || S_ISLNK(status.st_mode)) return;
    tell_mode(path, status.st_mode, found);
}

inline void look_at_way(const std::string& path, uid_t user, int links, untrusted& found);

/// The same of where a symbolic link on the way to `path` leads.
[[gnu::cold]] inline void look_at_target(const char* link, const std::string& path, uid_t user, int links,
                                         untrusted& found)
{
    found.links = true;
    if (links == 40) { // path_resolution(7)
        found.path = path;
        found.reason = joined({"too many symbolic links lead there"});
        return;
    }
    char target[PATH_MAX];
    const auto length = ::readlink(link, target, sizeof target);
    const std::string_view to(target, length > 0 ? static_cast<std::size_t>(length) : 0);
    const std::string_view from = link;
    look_at_way(joined({to.starts_with('/') ? "" : from.substr(0, from.rfind('/') + 1), to}), user, links + 1, found);
}

inline void look_at_way(const std::string& path, uid_t user, int links, untrusted& found)
{
    std::string way = path; // cut off behind each step in turn
    for (std::size_t end = 0; end != std::string::npos && !found;) {
        end = way.find('/', end + 1);
        if (end != std::string::npos) way[end] = '\0';
        file_status status = {};
        if (::lstat(way.c_str(), &status) == -1) return;
        look_at_file(way.c_str(), status, user, found);
        if (!found && S_ISLNK(status.st_mode)) look_at_target(way.c_str(), path, user, links, found);
        if (end != std::string::npos) way[end] = '/';
    }
}

/// A file that is open or was just looked at.
inline untrusted untrusted_file(const char* path, const file_status& status, uid_t user)
{
    untrusted found;
    look_at_file(path, status, user, found);
    return found;
}

/// Each directory and each symbolic link from "/" to `path`, which is absolute; what is missing is trusted.
inline untrusted untrusted_way(const std::string& path, uid_t user)
{
    untrusted found;
    look_at_way(path, user, 0, found);
    return found;
}

} // namespace daemonkit::sys
