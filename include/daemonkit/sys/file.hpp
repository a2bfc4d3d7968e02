// SPDX-License-Identifier: BSL-1.0
// System calls on files and descriptors, repeated after EINTR. They fail with -1 and errno, because only the caller
// knows the step and the path for an error message.
#pragma once

#include "../compiled.hpp"
#include "../text/joined.hpp"
#include "read_file.hpp"
#include "retry.hpp"
#include "unique_fd.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <span>
#include <string>
#include <string_view>

namespace daemonkit::sys {

#if defined(__GLIBC__) && !defined(__LP64__)
using file_status = struct stat64; // struct stat has no room for the inode numbers of some file systems
inline int status_at(int directory, const char* path, file_status& into, int flags) noexcept
{
    return ::fstatat64(directory, path, &into, flags);
}
inline int status_of(int fd, file_status& into) noexcept { return ::fstat64(fd, &into); }
#else
using file_status = struct stat; ///< what stat(2) tells
/// fstatat(2).
inline int status_at(int directory, const char* path, file_status& into, int flags) noexcept
{
    return ::fstatat(directory, path, &into, flags);
}
inline int status_of(int fd, file_status& into) noexcept { return ::fstat(fd, &into); } ///< fstat(2)
#endif

/// stat(2).
inline int status_of(const char* path, file_status& into) noexcept { return status_at(AT_FDCWD, path, into, 0); }
/// lstat(2).
inline int link_status_of(const char* path, file_status& into) noexcept
{
    return status_at(AT_FDCWD, path, into, AT_SYMLINK_NOFOLLOW);
}

/// Whether both are one file: the same device and inode.
inline bool same_file(const file_status& a, const file_status& b) noexcept
{
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/// Whether the file exists. Also true if that cannot be found out.
inline bool is_there(const char* path) noexcept { return ::access(path, F_OK) == 0 || errno != ENOENT; }

/// st_ctim and st_nlink of a file. Two marks differ if the file was renamed, removed, touched, written to or chmod'ed
/// between them.
struct file_mark
{
    nlink_t links = 0;    ///< st_nlink
    time_t seconds = 0;   ///< st_ctim
    long nanoseconds = 0; ///< st_ctim

    bool operator==(const file_mark&) const = default; ///< all are equal
};

/// From what stat(2) told.
inline file_mark mark_of(const file_status& status) noexcept
{
    return {status.st_nlink, status.st_ctim.tv_sec, status.st_ctim.tv_nsec};
}
/// Of an open file.
inline file_mark mark_of(int fd) noexcept
{
    file_status status = {};
    status_of(fd, status);
    return mark_of(status);
}

/// Opens a file below the directory `at` (or AT_FDCWD) for appending. Sets `made` if the file is new; it then has
/// exactly `mode`, on a file system that keeps modes. Follows no symbolic link as last component. O_NONBLOCK makes a FIFO
/// without a reader fail with ENXIO.
DAEMONKIT_INLINE int open_log(int at, const char* name, mode_t mode, bool& made) noexcept;

/// Whether `path` still names the open file and is not a symbolic link: another process may have unlinked or replaced
/// it before we locked it.
inline bool leads_to(const char* path, const file_status& open) noexcept
{
    file_status by_path = {};
    return link_status_of(path, by_path) == 0 && same_file(by_path, open);
}
/// Asks fstat(2) first.
inline bool leads_to(const char* path, int fd) noexcept
{
    file_status open = {};
    return status_of(fd, open) == 0 && leads_to(path, open);
}

/// `path` without symbolic links, "." and "..", realpath(3). Components that do not exist stay as written.
DAEMONKIT_INLINE std::string real_path(const std::string& path);

inline int remove_file(const char* path) noexcept { return ::unlink(path); } ///< unlink(2)

/// Removes a new file in its destructor unless release() was called, so that an exception leaves no file behind.
class made_file
{
public:
    explicit made_file(const char* path) noexcept : path_(path) {} ///< the caller keeps `path`
    made_file(const made_file&) = delete;
    made_file& operator=(const made_file&) = delete;
    ~made_file()
    {
        if (path_ != nullptr) ::unlink(path_);
    }
    void release() noexcept { path_ = nullptr; } ///< the file stays

private:
    const char* path_;
};

/// ftruncate(2) to no length.
inline int empty_file(int fd) noexcept
{
    return retry([=] { return ::ftruncate(fd, 0); });
}
inline int change_mode(int fd, mode_t mode) noexcept { return ::fchmod(fd, mode); }                     ///< fchmod(2)
inline int change_owner(int fd, uid_t user, gid_t group) noexcept { return ::fchown(fd, user, group); } ///< fchown(2)

/// flock(2), exclusive, without waiting. false and EWOULDBLOCK: another open file description holds the lock.
inline bool try_lock(int fd) noexcept
{
    return retry([=] { return ::flock(fd, LOCK_EX | LOCK_NB); }) == 0;
}
/// Releases the lock, for every process that shares the open file description.
inline void unlock(int fd) noexcept { ::flock(fd, LOCK_UN); }

/// Sets the modification time to one second ago, with these nanoseconds. No write sets a time in the past. Sets the
/// time of access, too: file systems in user space may ignore a call that sets only one of them.
DAEMONKIT_INLINE int stamp(int fd, long nanoseconds) noexcept;

/// Replaces the content of a file by one write(2), so that a reader meets the old text, the new one, or the new one with
/// the end of a longer old one.
DAEMONKIT_INLINE void write_at_start(int fd, std::string_view text) noexcept;

/// An action for fork_handler.
inline void close_in_child(long fd) noexcept { ::close(static_cast<int>(fd)); }

/// Writes all of `text`. Returns 0, or -1 and errno.
DAEMONKIT_INLINE int write_all(int fd, std::string_view text) noexcept;

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE int open_log(int at, const char* name, mode_t mode, bool& made) noexcept
{
    constexpr int flags = O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY | O_LARGEFILE;
    const int fresh = retry([=] { return ::openat(at, name, flags | O_CREAT | O_EXCL, mode); });
    made = fresh != -1;
    if (!made) return errno == EEXIST ? retry([=] { return ::openat(at, name, flags); }) : -1;
    ::fchmod(fresh, mode);
    return fresh;
}

DAEMONKIT_INLINE std::string real_path(const std::string& path)
{
    char real[PATH_MAX];
    std::string existing = path; // cut off before each component in turn, the last first
    for (auto end = existing.size();; existing[end] = '\0') {
        if (::realpath(existing.c_str(), real) != nullptr) return joined({real, path.c_str() + end});
        end = existing.rfind('/', end - 1);
        if (end == std::string::npos || end == 0) return path;
    }
}

DAEMONKIT_INLINE int stamp(int fd, long nanoseconds) noexcept
{
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    const timespec past{now.tv_sec - 1, nanoseconds};
    const timespec times[2] = {past, past};
    return ::futimens(fd, times);
}

DAEMONKIT_INLINE void write_at_start(int fd, std::string_view text) noexcept
{
    const auto written = retry([&] { return ::pwrite(fd, text.data(), text.size(), 0); });
    if (written != -1) retry([=] { return ::ftruncate(fd, written); });
}

DAEMONKIT_INLINE int write_all(int fd, std::string_view text) noexcept
{
    while (!text.empty()) {
        const auto n = retry([&] { return ::write(fd, text.data(), text.size()); });
        if (n == -1) return -1;
        text.remove_prefix(static_cast<std::size_t>(n));
    }
    return 0;
}

#endif

} // namespace daemonkit::sys
