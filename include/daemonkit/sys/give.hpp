// SPDX-License-Identifier: BSL-1.0
// Giving a file away without being misled by a link of another user.
#pragma once

#include "../compiled.hpp"
#include "credentials.hpp"
#include "directory.hpp"
#include "file.hpp"
#include "trust.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace daemonkit::sys {

/// chown(2) of a directory, or of a regular file that has no other names. Others fail with EMLINK, symbolic links too. If
/// another user can change a directory on the way, a symbolic link there fails with ELOOP.
DAEMONKIT_INLINE int give_file(const std::string& path, uid_t user, gid_t group);

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE int give_file(const std::string& path, uid_t user, gid_t group)
{
    const auto slash = path.rfind('/');
    const auto parent = slash == std::string::npos ? std::string(".") : slash == 0 ? "/" : path.substr(0, slash);
    unique_fd directory(AT_FDCWD);
    const bool guarded = static_cast<bool>(untrusted_path(parent, effective_user()));
    if (guarded) directory.reset(open_directory_without_links(parent.c_str()));
    if (directory.get() == -1) return -1;
    const auto name = guarded && slash != std::string::npos ? path.substr(slash + 1) : path;
    const unique_fd file(::openat(directory.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    file_status status = {};
    if (!file || status_of(file.get(), status) == -1) return -1;
    if (S_ISDIR(status.st_mode) || (S_ISREG(status.st_mode) && status.st_nlink == 1))
        return ::fchownat(file.get(), "", user, group, AT_EMPTY_PATH);
    errno = EMLINK;
    return -1;
}

#endif

} // namespace daemonkit::sys
