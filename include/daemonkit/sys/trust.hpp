// SPDX-License-Identifier: BSL-1.0
// Whether other users can change which file a path names. Renaming a directory of the path, or replacing a symbolic
// link there, changes the file, whatever the permissions of the file itself are.
#pragma once

#include "../compiled.hpp"
#include "../text/joined.hpp"
#include "account_name.hpp"
#include "credentials.hpp"
#include "file.hpp"
#include "mount_root.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <optional>
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
    /// Of the whole path, if it exists, has no symbolic link, and there is nothing not to be trusted; otherwise 0.
    std::uint64_t inode = 0;
    /// The mount on which the path lies; inode 0: the one at "/". Empty: use find_mount_root().
    std::optional<mount_root> mount{};

    /// Whether there is something not to be trusted.
    [[nodiscard]] explicit operator bool() const noexcept { return !reason.empty(); }
};

/// Notes in `found` that a user other than the trusted one owns the file.
[[gnu::cold]] void report_owner(const char* path, uid_t owner, untrusted& found);

/// Notes in `found` that others can write to the file.
[[gnu::cold]] void report_mode(const char* path, const file_status& status, untrusted& found);

/// What a permission that is missing for `path` comes from, if the owner of the file, or of the last directory on its
/// path that exists, may be a user that is not mapped into this user namespace. Otherwise empty. Keeps errno.
[[gnu::cold]] std::string about_denial(std::string path);

/// Checks owner and mode of one file; only root and `user` are trusted. A sticky directory such as /tmp is trusted,
/// because other users can create files there but not replace or remove ours. The mode of a symbolic link means
/// nothing. Users that are not mapped into this user namespace are trusted: in most namespaces they are root outside.
DAEMONKIT_INLINE void check_file(const char* path, const file_status& status, uid_t user, untrusted& found);

/// Checks each directory of a path, and the targets of its symbolic links. Whether one is untrusted: `found` says
/// which.
DAEMONKIT_INLINE void check_path(const std::string& path, uid_t user, int links, untrusted& found);

/// Checks the target of the symbolic link `link`, which is a component of `path`.
[[gnu::cold]] DAEMONKIT_INLINE void check_link_target(const char* link, const std::string& path, uid_t user, int links,
                                                      untrusted& found);

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

#if DAEMONKIT_DEFINES

[[gnu::noinline]] DAEMONKIT_INLINE void report_owner(const char* path, uid_t owner, untrusted& found)
{
    found.path = joined({path});
    found.reason = joined({"it belongs to ", described_user(owner), "; it must belong to root or to you"});
    found.owner = owner;
}

[[gnu::noinline]] DAEMONKIT_INLINE void report_mode(const char* path, const file_status& status, untrusted& found)
{
    const mode_t mode = status.st_mode & 07777U;
    const bool group = (mode & S_IWGRP) != 0;
    const bool others = (mode & S_IWOTH) != 0;
    found.path = joined({path});
    found.reason = joined({group ? described_group(status.st_gid) : std::string(), group && others ? " and " : "",
                           others ? "others" : "", " may write to it (mode ", octal(mode),
                           "); remove that permission with chmod ", group ? "g" : "", others ? "o" : "", "-w ", path,
                           S_ISDIR(status.st_mode) ? ", or choose another directory" : ""});
}

[[gnu::noinline]] DAEMONKIT_INLINE std::string about_denial(std::string path)
{
    const int error = errno;
    std::string reason;
    file_status status = {};
    while (link_status_of(path.c_str(), status) == -1 && path.size() > 1)
        path.resize(std::max<std::size_t>(path.rfind('/'), 1));
    if ((error == EACCES || error == EPERM) && status.st_uid == overflow_user && !mapped_users().is_complete)
        reason = joined({"permission denied: ", path, " belongs to ", described_user(status.st_uid)});
    errno = error;
    return reason;
}

DAEMONKIT_INLINE void check_file(const char* path, const file_status& status, uid_t user, untrusted& found)
{
    if (status.st_uid != 0 && status.st_uid != user && !is_unmapped(status.st_uid))
        return report_owner(path, status.st_uid, found);
    const bool sticky_directory = S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0;
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) == 0 || sticky_directory || S_ISLNK(status.st_mode)) return;
    report_mode(path, status, found);
}

DAEMONKIT_INLINE void check_link_target(const char* link, const std::string& path, uid_t user, int links,
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

DAEMONKIT_INLINE void check_path(const std::string& path, uid_t user, int links, untrusted& found)
{
    std::string component = path; // cut off after each component in turn
    file_status status;
    std::optional<mount_root> mount{mount_root()};
    for (std::size_t end = 0; end != std::string::npos;) {
        end = component.find('/', end + 1);
        if (end != std::string::npos) component[end] = '\0';
        std::optional<bool> begins;
        if (link_status_of(component.c_str(), status, begins) == -1) {
            if (errno != ENOENT && errno != ENOTDIR) return;
            status.st_ino = 0;
            break; // what does not exist lies where its parent lies
        }
        check_file(component.c_str(), status, user, found);
        if (!found && S_ISLNK(status.st_mode)) check_link_target(component.c_str(), path, user, links, found);
        if (found) return;
        if (!begins)
            mount.reset();
        else if (mount && *begins)
            mount = mount_root{status.st_dev, status.st_ino, path == "/" ? 0 : std::min(end, path.size())};
        if (end != std::string::npos) component[end] = '/';
    }
    if (found.links) return;
    found.inode = status.st_ino;
    found.mount = mount;
}

#endif

} // namespace daemonkit::sys
