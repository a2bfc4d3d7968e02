// SPDX-License-Identifier: BSL-1.0
// Reading and writing a pid file. Write access to the file, or to a directory of its path, decides which process root
// signals. So the file and every directory of its path must belong to root or the caller, and no other
// user may write them. The content is hostile until it is parsed.
#pragma once

#include "../../core/pid_holder.hpp"
#include "../../core/startup_error.hpp"
#include "../../sys/deadline.hpp"
#include "../../sys/file.hpp"
#include "../../sys/open_files.hpp"
#include "../../sys/signal_mask.hpp"
#include "../../sys/trust.hpp"
#include "process_identity.hpp"

#include <boost/filesystem/path.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace daemonkit::detail {

/// The line of a pid file, and its stamp.
struct pid_record
{
    pid_t pid = 0; ///< 0: the file is empty; a start is, or crashed, between claim() and publish()
    long stamp = none;

    static constexpr long none = -1;
};

[[noreturn, gnu::cold, gnu::noinline]] inline void refuse(std::string_view path, std::string_view reason)
{
    throw startup_error(std::make_error_code(std::errc::invalid_argument), "use the pid file", path, reason);
}

/// A directory that only root and one user can change, with every directory above it.
struct trusted_directory
{
    bool plain = false; ///< no symbolic link, "." or ".." is on its path
    uid_t owner = 0;    ///< that one user
};

/// Which users may control a path, besides root.
enum class owners {
    caller,        ///< the calling user
    one_other_user ///< if root asks: any one user; the file may then name only processes of that user
};

/// The directory of a pid file. Throws startup_error unless `path` is absolute and only root and one user can change
/// where it leads.
inline trusted_directory check_directory(const boost::filesystem::path& path, owners allowed = owners::caller)
{
    if (!path.is_absolute() || !path.has_filename() || path.filename_is_dot() || path.filename_is_dot_dot())
        throw_bad_setting("use the pid file", path.native(),
                          "its path must be absolute and name a file, because a daemon changes its working directory");
    const auto directory = path.parent_path();
    uid_t owner = sys::effective_user();
    auto found = sys::untrusted_path(directory.native(), owner);
    if (allowed == owners::one_other_user && owner == 0 && found.owner != 0) {
        owner = found.owner;
        found = sys::untrusted_path(directory.native(), owner);
    }
    if (found)
        throw startup_error(std::make_error_code(std::errc::invalid_argument), "use the directory of the pid file",
                            found.path, found.reason);
    return {!found.links && path.native().find("/.") == std::string::npos, owner};
}

/// The file; empty and errno if that fails. `fresh`: whether it was made.
[[nodiscard]] inline sys::unique_fd open_or_make_pid_file(const boost::filesystem::path& path, mode_t mode,
                                                          bool& fresh) noexcept
{
    constexpr int flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_APPEND;
    int file = sys::open(path.c_str(), flags | O_CREAT | O_EXCL, mode);
    fresh = file != -1;
    if (!fresh && errno == EEXIST) file = sys::open(path.c_str(), flags);
    return sys::unique_fd(file);
}

/// Throws startup_error unless the open file is a plain one that only root and `owner` can change.
inline sys::file_status check_pid_file(int fd, const std::string& path, uid_t owner = sys::effective_user())
{
    sys::file_status status = {};
    check_call(sys::status_of(fd, status), "read the status of the pid file", path);
    if (!S_ISREG(status.st_mode)) refuse(path, "it is not a regular file");
    if (status.st_nlink > 1) refuse(path, "it has other names (hard links)");
    if (const auto found = sys::untrusted_file(path.c_str(), status, owner)) refuse(path, found.reason);
    return status;
}

/// The pid in the text of a pid file; 0 if it is empty, nothing unless it is one decimal number from 1 to the largest
/// pid of Linux, without sign or leading zeros, and at most one newline after it.
[[nodiscard]] inline std::optional<pid_t> parse_pid(std::string_view text) noexcept
{
    constexpr pid_t largest = 1 << 22; // PID_MAX_LIMIT, proc(5)
    if (text.empty()) return 0;
    if (text.back() == '\n') text.remove_suffix(1);
    if (text.empty() || text.front() == '0') return {};
    pid_t pid = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return {};
        pid = pid * 10 + (c - '0');
        if (pid > largest) return {};
    }
    return pid;
}

/// The stamp of a pid file. Each process that has the file open can write, also a daemon that dropped its privileges. A
/// write sets both times to one value. Only the owner of the file can set one of them.
[[nodiscard]] inline long stamp_in(const sys::file_status& status) noexcept
{
    const bool written =
        status.st_mtim.tv_sec == status.st_ctim.tv_sec && status.st_mtim.tv_nsec == status.st_ctim.tv_nsec;
    return written ? pid_record::none : status.st_mtim.tv_nsec;
}

/// What an open pid file says; throws startup_error on anything but one pid and one newline.
[[nodiscard]] inline pid_record read_pid_file(int fd, const std::string& path)
{
    sys::small_text text;
    sys::file_status status = {};
    // In this order: the line is written before it is stamped, and an older stamp would belong to an empty file.
    check_call(sys::read_small(fd, text), "read the pid file", path);
    check_call(sys::status_of(fd, status), "read the status of the pid file", path);
    const auto pid = parse_pid(text.view());
    if (!pid) refuse(path, "it holds something else than a process id: remove it if no daemon of yours wrote it");
    return {*pid, stamp_in(status)};
}

/// The place that a record is bound to: the name of its file, and the inode number of its directory. Bind mounts,
/// symbolic links and chroot(2) do not change them.
[[nodiscard, gnu::noinline]] inline std::string place_of(const boost::filesystem::path& path)
{
    sys::file_status directory = {};
    sys::status_of(path.parent_path().c_str(), directory);
    return sys::joined({path.filename().native(), " ", directory.st_ino});
}

/// Writes the line of a process and its stamp into an open pid file. Returns its mark, which is the same until the file
/// is changed. Throws startup_error.
[[nodiscard]] inline sys::file_mark write_pid_file(int fd, const boost::filesystem::path& path,
                                                   const process_identity& process)
{
    const auto& name = path.native();
    const long stamp = stamp_of(process, place_of(path));
    auto line = sys::decimal(process.pid);
    line += "\n";
    sys::file_status status = {};
    sys::small_text text;
    check_call(sys::status_of(fd, status), "read the status of the pid file", name);
    if (status.st_size != 0) check_call(sys::read_small(fd, text), "read the pid file", name);
    if (text.view() != line.view()) { // otherwise the file was only touched, and no reader may find it empty
        if (status.st_size != 0) check_call(sys::empty_file(fd), "empty the pid file", name);
        const sys::ignored_signal no_kill(SIGXFSZ); // beyond RLIMIT_FSIZE, write(2) fails like at any other error
        check_call(sys::write_all(fd, line), "write the pid file", name);
    }
    check_call(sys::stamp(fd, stamp), "stamp the pid file", name);
    check_call(sys::status_of(fd, status), "read the status of the pid file", name);
    if (stamp_in(status) != stamp)
        refuse(name, "its file system keeps no nanoseconds in time stamps: put it on another, such as /run");
    return sys::mark_of(status);
}

/// Whether a process of another user, and not of root, has locked an open file.
[[nodiscard, gnu::cold]] inline bool locked_by_stranger(int fd)
{
    const pid_t locker = sys::lock_owner(fd);
    sys::file_status owner = {};
    return locker != 0 && sys::status_of(sys::joined({"/proc/", locker}).c_str(), owner) == 0 && owner.st_uid != 0 &&
           owner.st_uid != sys::effective_user();
}

/// The process that locked the file may have ended and left the lock to a child. So the sentence names the processes
/// that have the file open.
[[noreturn, gnu::cold]] inline void refuse_locked(const std::string& path)
{
    sys::file_status file = {};
    sys::status_of(path.c_str(), file);
    const auto who = sys::who_has_open(file);
    refuse(path, sys::joined({"it is locked and no pid is published; open in process ",
                              who.empty() ? "(none that you may inspect)" : who,
                              ": end that if it is no start of this daemon"}));
}

/// Whether a record controlled by `owner` may name this process. A record of root or the caller may name any process;
/// that of another user only a process that this user could signal.
[[nodiscard]] inline bool may_name(uid_t owner, pid_t pid)
{
    return owner == sys::effective_user() || sys::runs_as(pid, owner);
}

/// The live process that the record at a path names; an empty holder if there is none.
[[nodiscard]] inline pid_holder find_holder(const pid_record& record, const boost::filesystem::path& path,
                                            uid_t owner = sys::effective_user())
{
    if (record.pid == 0) return {};
    auto found = open_holder(record.pid, [&](int pidfd) {
        const auto process = identity_of(pidfd, record.pid);
        return process && stamp_of(process, place_of(path)) == record.stamp && may_name(owner, record.pid);
    });
    found.stale = !found;
    return found;
}

} // namespace daemonkit::detail
