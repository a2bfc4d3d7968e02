// SPDX-License-Identifier: BSL-1.0
// Which file system a path lies on. The path alone names different files in different mount namespaces and root
// directories.
#pragma once

#include "../compiled.hpp"
#include "file.hpp"
#include "refusal.hpp"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>

namespace daemonkit::sys {

/// The directory of a file system that is mounted where a path lies. It is the same in every mount namespace that has
/// this mount, and another one where a private directory is mounted there instead.
struct mount_root
{
    dev_t device = 0;        ///< of the file system
    std::uint64_t inode = 0; ///< of the directory
    std::size_t length = 0;  ///< of the path of the mount point; 0: "/"

    bool operator==(const mount_root&) const = default; ///< all are equal
};

/// Type, mode, owner, device and inode of a file, as lstat(2) tells them, and whether a mount begins there: statx(2),
/// STATX_ATTR_MOUNT_ROOT, Linux 5.8. `begins` is empty on older kernels, and where a sandbox refuses statx(2). Returns 0,
/// or -1 and errno.
DAEMONKIT_INLINE int link_status_of(const char* path, file_status& into, std::optional<bool>& begins) noexcept;

/// Whether a mount begins at this path: 1 yes, 0 no, -1 and errno. Where the kernel does not tell, whether another file
/// system does.
DAEMONKIT_INLINE int is_mount_root(const std::string& path, mount_root& found) noexcept;

/// Of an absolute path without symbolic links; what does not exist lies where its parent lies. Returns 0, or -1 and
/// errno.
DAEMONKIT_INLINE int find_mount_root(std::string path, mount_root& into);

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE int link_status_of(const char* path, file_status& into, std::optional<bool>& begins) noexcept
{
    struct statx facts; // not zeroed: it is read if the call succeeds
    begins.reset();
    const bool told = ::statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &facts) == 0;
    if (!told && !is_refusal(errno)) return -1;
    if (!told || (facts.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) == 0) return link_status_of(path, into);
    into.st_mode = facts.stx_mode;
    into.st_uid = facts.stx_uid;
    into.st_gid = facts.stx_gid;
    into.st_dev = makedev(facts.stx_dev_major, facts.stx_dev_minor);
    into.st_ino = facts.stx_ino;
    begins = (facts.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
    return 0;
}

DAEMONKIT_INLINE int is_mount_root(const std::string& path, mount_root& found) noexcept
{
    file_status own;
    file_status above;
    std::optional<bool> begins;
    if (link_status_of(path.empty() ? "/" : path.c_str(), own, begins) == -1) return -1;
    found = {own.st_dev, own.st_ino, path.size()};
    if (path.empty()) return 1;
    if (begins) return *begins ? 1 : 0;
    const auto parent = path.substr(0, path.rfind('/'));
    return link_status_of(parent.empty() ? "/" : parent.c_str(), above) == 0 && above.st_dev != own.st_dev ? 1 : 0;
}

DAEMONKIT_INLINE int find_mount_root(std::string path, mount_root& into)
{
    if (path == "/") path.clear();
    for (;; path.resize(path.rfind('/'))) {
        const int answer = is_mount_root(path, into);
        if (answer == 1) return 0;
        if (answer == -1 && (path.empty() || (errno != ENOENT && errno != ENOTDIR))) return -1;
    }
}

#endif

} // namespace daemonkit::sys
