// SPDX-License-Identifier: BSL-1.0
// Reading and writing a pid file. Write access to the file, or to a directory of its path, decides which process root
// signals. So the file and every directory of its path must belong to root or the caller, and no other
// user may write them. The content is hostile until it is parsed.
#pragma once

#include "../../compiled.hpp"
#include "../../core/pid_holder.hpp"
#include "../../core/startup_error.hpp"
#include "../../sys/byte_lock.hpp"
#include "../../sys/deadline.hpp"
#include "../../sys/file.hpp"
#include "../../sys/open_files.hpp"
#include "../../sys/signal_mask.hpp"
#include "../../sys/trust.hpp"
#include "pid_directory.hpp"
#include "pid_text.hpp"
#include "process_identity.hpp"

#include <boost/filesystem/path.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace daemonkit::detail {

/// The line of a pid file, and its stamp.
struct pid_record
{
    pid_t pid = 0;       ///< 0: none; a start is, or crashed, between claim() and publish()
    long stamp = none;   ///< of the process
    bool debris = false; ///< no pid, but what a crash or a full disk leaves

    /// Whether there is something that a dead daemon left.
    [[nodiscard]] bool is_left() const noexcept { return pid != 0 || debris; }

    static constexpr long none = -1;
};

// What the daemon locks of its file, by byte_lock.hpp. Only a process that may write the file can take these locks. A
// start takes them before the lock of flock(2), which every reader of the file can take.
inline constexpr sys::byte_range life_lock{0, 1};     ///< from claim() to the end of the daemon
inline constexpr sys::byte_range starting_lock{1, 1}; ///< from claim() until the daemon is ready
inline constexpr sys::byte_range both_locks{0, 2};    ///< both

[[noreturn, gnu::cold, gnu::noinline]] inline void refuse(std::string_view path, std::string_view reason)
{
    throw startup_error(std::make_error_code(std::errc::invalid_argument), "use the pid file", path, reason);
}

/// The setting `.pid.extra` as it is written: its last line ends with a newline. Throws startup_error.
[[nodiscard]] inline std::string lines_to_write(const std::string& extra, const boost::filesystem::path& path)
{
    if (extra.empty()) return {};
    auto lines = sys::joined({extra, extra.back() == '\n' ? "" : "\n"});
    if (!fits_pid_file(sys::joined({"1234567\n", lines})))
        throw_bad_setting("use the pid file", path.native(),
                          "its further lines in the settings have zero bytes, or more than 4088 bytes");
    return lines;
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
    sys::file_status status;
    check_call(sys::status_of(fd, status), "read the status of the pid file", path);
    if (!S_ISREG(status.st_mode)) refuse(path, "it is not a regular file");
    if (status.st_nlink > 1) refuse(path, "it has other names (hard links)");
    if (const auto found = sys::untrusted_file(path.c_str(), status, owner)) refuse(path, found.reason);
    return status;
}

/// The stamp of a pid file. Each process that has the file open can write, also a daemon that dropped its privileges. A
/// write sets both times to one value. Only the owner of the file can set one of them. No nanoseconds: the file system
/// keeps none.
[[nodiscard]] inline long stamp_in(const sys::file_status& status) noexcept
{
    const bool written =
        status.st_mtim.tv_sec == status.st_ctim.tv_sec && status.st_mtim.tv_nsec == status.st_ctim.tv_nsec;
    return written || status.st_mtim.tv_nsec == 0 ? pid_record::none : status.st_mtim.tv_nsec;
}

/// What an open pid file says. Throws startup_error as check_pid_file(), and if it may hold the data of another program.
[[nodiscard]] DAEMONKIT_INLINE pid_record read_pid_file(int fd, const std::string& path, uid_t owner);

/// What is in a pid file.
struct written_record
{
    long stamp = pid_record::none;
    bool kept = false;     ///< whether the file system keeps the stamp
    sys::file_mark mark{}; ///< the same until the file is changed
};

/// Writes the line of a process and its stamp into an open pid file, and keeps the further lines that are there; `lines`
/// are written where there are none. `place` is place_of(path), for a process that is in another root directory by now.
/// Throws startup_error.
DAEMONKIT_INLINE written_record write_pid_file(int fd, const boost::filesystem::path& path,
                                               const process_identity& process, std::string_view place,
                                               std::string_view lines = {});

/// Whether a record controlled by `owner` may name this process. A record of root or the caller may name any process;
/// that of another user only a process that this user could signal.
[[nodiscard]] inline bool may_name(uid_t owner, pid_t pid)
{
    return owner == 0 || owner == sys::effective_user() || sys::runs_as(pid, owner);
}

/// What a record says.
struct record_search
{
    pid_holder holder{};
    std::string doubt{}; ///< why it cannot be told whether the process of the record is the daemon; empty: no doubt
    process_identity identity{}; ///< of the holder
};

/// The live process that the record in an open pid file names. Its stamp proves that. A process that does not fit the
/// stamp is another one, unless it has this very file open for writing: only a daemon of this file can.
[[nodiscard]] DAEMONKIT_INLINE record_search find_holder(const pid_record& record, const boost::filesystem::path& path,
                                                         int file, const trusted_directory& directory);

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE pid_record read_pid_file(int fd, const std::string& path, uid_t owner)
{
    pid_text text;
    // In this order: the line is written before it is stamped, and an older stamp would belong to an empty file.
    const int result = text.read(fd);
    const int error = errno;
    const auto status = check_pid_file(fd, path, owner); // first, because only a regular file can be read
    errno = error;
    check_call(result, "read the pid file", path);
    if (const auto pid = parse_pid(text.view())) return {*pid, stamp_in(status), false};
    if (!is_debris(fd))
        refuse(path, "it holds something else than a process id: remove it if no daemon of yours wrote it");
    return {0, pid_record::none, true};
}

DAEMONKIT_INLINE written_record write_pid_file(int fd, const boost::filesystem::path& path,
                                               const process_identity& process, std::string_view place,
                                               std::string_view lines)
{
    const auto& name = path.native();
    const long stamp = stamp_of(process, place);
    auto line = sys::decimal(process.pid);
    line += "\n";
    sys::file_status status = {};
    for (int tries = 0;; ++tries) {
        pid_text old;
        check_call(sys::status_of(fd, status), "read the status of the pid file", name);
        if (status.st_size != 0) check_call(old.read(fd), "read the pid file", name);
        auto size = status.st_size;
        // If the first line is right, lines were added or the file was touched. No reader may find it empty then.
        if (!old.view().starts_with(line) || old.view().find('\0') != std::string_view::npos) {
            const auto text = sys::joined({line.view(), kept_lines(old.view(), lines)});
            size = static_cast<off_t>(text.size());
            if (status.st_size != 0) check_call(sys::empty_file(fd), "empty the pid file", name);
            const sys::ignored_signal no_kill(SIGXFSZ); // beyond RLIMIT_FSIZE, write(2) fails like at any other error
            check_call(sys::write_all(fd, text), "write the pid file", name);
        }
        check_call(sys::stamp(fd, stamp), "stamp the pid file", name);
        check_call(sys::status_of(fd, status), "read the status of the pid file", name);
        if (status.st_size == size || tries == 3) break; // otherwise another process has added a line meanwhile
    }
    return {stamp, stamp_in(status) == stamp, sys::mark_of(status)};
}

DAEMONKIT_INLINE record_search find_holder(const pid_record& record, const boost::filesystem::path& path, int file,
                                           const trusted_directory& directory)
{
    record_search found;
    found.holder.stale = record.debris;
    const pid_t pid = record.pid;
    if (pid == 0) return found;
    const auto is_without_stamp = [&](int pidfd) {
        sys::file_status status = {};
        if (pid == sys::this_process() || sys::status_of(file, status) == -1) return false;
        const int alive = sys::are_locked(file, life_lock);
        const bool open = sys::has_open_for_writing(pid, status);
        const bool hidden = !open && errno != 0 && !sys::has_exited(pidfd);
        if (open && alive == 1 && record.stamp == pid_record::none) return true; // its file system keeps no stamps
        if (open || (hidden && alive != 0 && sys::effective_user() == 0))
            found.doubt = sys::joined({"process ", pid, open ? " has it open" : " may have it open",
                                       ", but its record does not fit that process: was the file moved here, or the "
                                       "process restored from a checkpoint, or does /proc show another boot?"});
        return false;
    };
    // A process that /proc hides from this user: a daemon if the file is locked, and otherwise another one.
    const auto identity = [&](int pidfd) {
        try {
            return identity_of(pidfd, pid);
        } catch (const startup_error&) {
            if (sys::are_locked(file, life_lock) != 0) throw;
            return process_identity();
        }
    };
    found.holder = open_holder(pid, [&](int pidfd) {
        const auto process = found.identity = identity(pidfd);
        if (!process) return false;
        const auto is_stamped = [&](std::uint64_t inode) {
            return stamp_of(process, place_of(path, inode)) == record.stamp;
        };
        // The directory may have been made again since it was checked.
        const bool proved = is_stamped(directory.inode) || (directory.inode != 0 && is_stamped(0));
        if (!proved && !is_without_stamp(pidfd)) return false;
        return may_name(directory.owner, pid);
    });
    found.holder.stale = !found.holder;
    return found;
}

#endif

} // namespace daemonkit::detail
