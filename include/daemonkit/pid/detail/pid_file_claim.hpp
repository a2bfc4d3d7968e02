// SPDX-License-Identifier: BSL-1.0
// How a start gets a fresh, empty, locked pid file. Other starts, daemons that end and strangers change the path
// meanwhile: every attempt ends with the file, with an exception, or with another attempt.
//
// A start first takes the life lock of the file, which no stranger can take, then the lock of flock(2), which every
// reader of the file can take. So a start that gets only the first one knows that a stranger has the other.
#pragma once

#include "../../compiled.hpp"
#include "../../sys/directory.hpp"
#include "pid_file_search.hpp"
#include "status_file.hpp"

#include <boost/filesystem/path.hpp>

#include <string>
#include <utility>

namespace daemonkit::detail {

struct claimed_pid_file
{
    sys::made_directories directories{}; // removed with the file if they are empty
    sys::unique_fd file{};
    abstract_socket socket{};
};

class pid_file_claim
{
public:
    /// `optional`: with an empty path there is nothing to claim. A daemon that claims again: `holds_name` says that it
    /// has the first abstract name of the path, so no other daemon has. `self` is its pid; 0: it is a start.
    pid_file_claim(const boost::filesystem::path& path, mode_t mode, bool optional, bool holds_name, pid_t self);

    /// Throws already_running, or startup_error with nothing changed, also if it takes more than five seconds.
    [[nodiscard]] claimed_pid_file operator()()
    {
        if (!optional_ || !path_.empty()) claim();
        return std::move(claimed_);
    }

private:
    void claim();

    struct opened_file
    {
        trusted_directory directory{};
        sys::unique_fd file{}; // empty: it vanished meanwhile
        bool fresh = false;    // this start made it
    };
    enum class life { taken, of_another, of_stranger, unknown };

    /// One attempt to get a fresh, empty, locked file at the path; false: try again.
    bool attempt();

    /// The file at the path. It and its directories are made if they are missing.
    opened_file open();

    /// Takes the life lock, or tells who prevents that. Unknown: the file system has no locks of this kind.
    [[nodiscard]] static life take_life(int file) noexcept;

    /// A daemon has the life lock, or a start that publishes as soon as it has forked. Or a daemon that is proved to be
    /// gone has left its descriptors to another process: then a fresh file takes the place of this one.
    bool wait_for_another(const opened_file& opened, sys::made_file& made);

    /// A process that may only read the file has locked it, so it is neither a daemon nor a start. A fresh file takes
    /// the place of this one. Where that cannot be, because the directory is not ours, the life lock is enough.
    bool pass_by(opened_file& opened, sys::made_file& made, life state);

    /// With the lock: takes the file if it is empty or stale; false: try again with the file that is there now.
    bool take_locked(opened_file& opened, sys::made_file& made);

    [[nodiscard]] pid_record read(const opened_file& opened) const
    {
        return read_pid_file(opened.file.get(), path_.native(), opened.directory.owner);
    }

    /// What is known of another daemon, by its record or by its abstract sockets. They are not searched if this process
    /// has the first name. Throws already_running if one is found.
    [[nodiscard]] socket_search search(const opened_file& opened, const pid_record& record) const;

    /// The next attempt comes later.
    bool again(const std::string& doubt)
    {
        doubt_ = doubt;
        back_off_();
        return false;
    }

    /// The process that locked the file may have ended and left the lock to a child. So the sentence names the
    /// processes that have the file open.
    [[noreturn, gnu::cold]] void give_up() const;

    [[noreturn, gnu::cold]] void throw_not_opened(int error) const;

    /// A daemon that ended just now removed its directory. A directory that vanishes again and again cannot be made.
    bool vanished() noexcept { return errno == ENOENT && ++vanished_ < 1000; }

    static constexpr const char* locked_by_unknown =
        "a live process has locked it, and it holds no pid of such a process";

    const boost::filesystem::path& path_;
    mode_t mode_;
    bool optional_;
    bool holds_name_;
    pid_t self_;
    claimed_pid_file claimed_{};
    int vanished_ = 0;
    std::string doubt_{};
    sys::backoff back_off_{};
};

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE pid_file_claim::pid_file_claim(const boost::filesystem::path& path, mode_t mode, bool optional,
                                                bool holds_name, pid_t self)
    : path_(path), mode_(mode), optional_(optional), holds_name_(holds_name), self_(self)
{
}

DAEMONKIT_INLINE void pid_file_claim::claim()
{
    if ((mode_ & (S_IWGRP | S_IWOTH)) != 0)
        throw_bad_setting("use the pid file", path_.native(), "its mode in the settings lets others write it");
    if (attempt()) return;
    for (const sys::deadline until(std::chrono::seconds(5)); !attempt();)
        if (until.passed()) give_up();
}

DAEMONKIT_INLINE bool pid_file_claim::attempt()
{
    auto opened = open(); // closed last: a fresh file is removed under its lock
    if (!opened.file) return false;
    sys::made_file made(opened.fresh ? path_.c_str() : nullptr); // removed again unless it is released
    // Before it is locked: the file may be another user's.
    if (!opened.fresh) check_pid_file(opened.file.get(), path_.native(), opened.directory.owner);
    claimed_.socket = abstract_socket(path_, opened.directory);
    const auto state = take_life(opened.file.get());
    if (state == life::of_another) return wait_for_another(opened, made);
    const bool locked = sys::try_lock(opened.file.get());
    if (!locked && errno != EWOULDBLOCK) throw_call_error("flock", "lock the pid file", path_.native());
    if (state == life::of_stranger || (state == life::taken && !locked)) return pass_by(opened, made, state);
    if (locked) return take_locked(opened, made);
    made.release();
    return again(search(opened, read(opened)).doubt);
}

DAEMONKIT_INLINE pid_file_claim::opened_file pid_file_claim::open()
{
    opened_file opened{check_directory_to_claim(path_)};
    opened.file = open_or_make_pid_file(path_, mode_, opened.fresh);
    if (!opened.file && (errno == ENOENT || errno == ENOTDIR)) {
        if (claimed_.directories.make(path_.parent_path().native(), 0755) == -1) {
            if (vanished()) return opened;
            throw_errno("make the directory of the pid file", claimed_.directories.failed(),
                        sys::about_denial(claimed_.directories.failed()));
        }
        opened.directory = check_directory(path_); // another process may have made it meanwhile
        opened.file = open_or_make_pid_file(path_, mode_, opened.fresh);
    }
    if (!opened.file && !vanished()) throw_not_opened(errno);
    return opened;
}

DAEMONKIT_INLINE pid_file_claim::life pid_file_claim::take_life(int file) noexcept
{
    if (sys::lock_bytes(file, both_locks) == 0) return life::taken;
    if (errno != EAGAIN && errno != EACCES) return life::unknown;
    const int held = sys::are_locked(file, both_locks);
    return held == 1 ? life::of_another : held == 0 ? life::of_stranger : life::unknown;
}

DAEMONKIT_INLINE bool pid_file_claim::wait_for_another(const opened_file& opened, sys::made_file& made)
{
    made.release();
    const int file = opened.file.get();
    const auto found = search(opened, read(opened));
    if (!found.left_over) return again(found.doubt);
    // Removed under the lock: otherwise another start may have put its own file there.
    if (sys::try_lock(file) && sys::leads_to(path_.c_str(), file) && sys::remove_file(path_.c_str()) == 0) return false;
    return again({});
}

DAEMONKIT_INLINE bool pid_file_claim::pass_by(opened_file& opened, sys::made_file& made, life state)
{
    made.release();
    const auto found = search(opened, read(opened));
    if (!found.doubt.empty()) return again(found.doubt);
    if (!sys::leads_to(path_.c_str(), opened.file.get()) || sys::remove_file(path_.c_str()) == 0) return false;
    return state == life::taken ? take_locked(opened, made) : again({});
}

DAEMONKIT_INLINE bool pid_file_claim::take_locked(opened_file& opened, sys::made_file& made)
{
    const auto& name = path_.native();
    const int file = opened.file.get();
    const auto status = check_pid_file(file, name, opened.directory.owner);
    const bool replaced = !sys::leads_to(name.c_str(), status);
    const auto record = replaced || status.st_size == 0 ? pid_record() : read(opened);
    // A record in a fresh file: another start locked it first, and has published already.
    if (replaced || record.is_left()) made.release();
    if (replaced) return false;
    const auto found = search(opened, record);
    if (!found.doubt.empty()) return again(found.doubt);
    if (record.is_left()) { // stale: a fresh file takes its place, so that readers never see one line over another
        remove_status_file(path_);
        if (sys::remove_file(name.c_str()) == 0) return false;
        // The file is ours and the directory is not, as where root made it for a user.
        check_call(sys::empty_file(file), "empty the stale pid file", name);
    }
    if ((status.st_mode & 07777U) != mode_)
        check_call(sys::change_mode(file, mode_), "set the mode of the pid file", name);
    made.release();
    claimed_.file = std::move(opened.file);
    return true;
}

DAEMONKIT_INLINE socket_search pid_file_claim::search(const opened_file& opened, const pid_record& record) const
{
    auto by_record = find_holder(record, path_, opened.file.get(), opened.directory);
    if (by_record.holder) find_activity(opened.file.get(), by_record.holder);
    refuse_if_held(by_record.holder, path_.native());
    socket_search found;
    if (!holds_name_) found = claimed_.socket.find(self_);
    refuse_if_held(found.holder, path_.native());
    if (!found.left_over && found.doubt.empty()) found.doubt = std::move(by_record.doubt);
    return found;
}

DAEMONKIT_INLINE void pid_file_claim::give_up() const
{
    sys::file_status file = {};
    sys::status_of(path_.c_str(), file);
    const auto who = sys::who_has_open(file);
    refuse(path_.native(),
           sys::joined({doubt_.empty() ? locked_by_unknown : doubt_, "; open in process ",
                        who.empty() ? "(none that you may inspect)" : who, ": end that if it is no daemon of yours"}));
}

DAEMONKIT_INLINE void pid_file_claim::throw_not_opened(int error) const
{
    const auto& name = path_.native();
    if (error == ELOOP) refuse(name, "it is a symbolic link");
    if (error == EISDIR) refuse(name, "it is a directory");
    if (error == EROFS) refuse_if_held(find_by_pid_file(path_, false), name);
    errno = error;
    throw_errno("open the pid file", name, sys::about_denial(name));
}

#endif

} // namespace daemonkit::detail
