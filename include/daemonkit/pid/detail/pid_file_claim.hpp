// SPDX-License-Identifier: BSL-1.0
// How a start gets a fresh, empty, locked pid file. Other starts, daemons that end and strangers change the path
// meanwhile: every attempt ends with the file, with an exception, or with another attempt.
#pragma once

#include "../../sys/directory.hpp"
#include "pid_file_search.hpp"

#include <boost/filesystem/path.hpp>

#include <utility>

namespace daemonkit::detail {

/// Throws already_running if another daemon has the identity: by its record, or by its abstract socket; that is not
/// searched if this process holds it.
inline void refuse_if_claimed(const boost::filesystem::path& path, const pid_record& record, uid_t owner,
                              const abstract_socket* socket)
{
    refuse_if_held(find_holder(record, path, owner), path.native());
    if (socket != nullptr) refuse_if_held(socket->find().holder, path.native());
}

struct claimed_pid_file
{
    sys::made_directories directories{}; // removed with the file if they are empty
    sys::unique_fd file{};
    abstract_socket socket{};
};

class pid_file_claim
{
public:
    /// `holds_sockets`: this process holds the abstract sockets of the path, so no other does.
    pid_file_claim(const boost::filesystem::path& path, mode_t mode, bool holds_sockets)
        : path_(path), mode_(mode), holds_sockets_(holds_sockets)
    {
    }

    /// Throws already_running, or startup_error with nothing changed, also if it takes more than five seconds.
    [[nodiscard]] claimed_pid_file operator()()
    {
        if ((mode_ & (S_IWGRP | S_IWOTH)) != 0)
            throw_bad_setting("use the pid file", path_.native(), "its mode in the settings lets others write it");
        for (const sys::deadline until(std::chrono::seconds(5)); !attempt();)
            if (until.passed()) refuse_locked(path_.native());
        return std::move(claimed_);
    }

private:
    struct opened_file
    {
        trusted_directory directory{};
        sys::unique_fd file{}; // empty: it vanished meanwhile
        bool fresh = false;    // this start made it
    };

    /// One attempt to get a fresh, empty, locked file at the path; false: try again.
    bool attempt()
    {
        auto opened = open(); // closed last: a fresh file is removed under its lock
        if (!opened.file) return false;
        sys::made_file made(opened.fresh ? path_.c_str() : nullptr); // removed again unless it is released
        // Before it is locked: the file may be another user's.
        if (!opened.fresh) check_pid_file(opened.file.get(), path_.native(), opened.directory.owner);
        const bool locked = sys::try_lock(opened.file.get());
        if (!locked && errno != EWOULDBLOCK) throw_errno("lock the pid file", path_.native());
        claimed_.socket = abstract_socket(path_, opened.directory);
        if (!locked) {
            made.release(); // another start was faster to lock it
            wait_for_lock(opened);
            return false;
        }
        return take_locked(opened, made);
    }

    /// The file at the path. It and its directories are made if they are missing.
    opened_file open()
    {
        opened_file opened{check_directory_to_claim(path_)};
        opened.file = open_or_make_pid_file(path_, mode_, opened.fresh);
        if (!opened.file && (errno == ENOENT || errno == ENOTDIR)) {
            if (claimed_.directories.make(path_.parent_path().native(), 0755) == -1) {
                if (vanished()) return opened;
                throw_errno("make the directory of the pid file", claimed_.directories.failed());
            }
            opened.directory = check_directory(path_); // another process may have made it meanwhile
            opened.file = open_or_make_pid_file(path_, mode_, opened.fresh);
        }
        if (!opened.file && !vanished()) throw_not_opened(last_error());
        return opened;
    }

    /// Another process has the lock: a daemon, a start that publishes as soon as it has forked, or any user, since a
    /// process that can read the file can lock it.
    void wait_for_lock(const opened_file& opened)
    {
        refuse_if_claimed(path_, read_pid_file(opened.file.get(), path_.native()), opened.directory.owner,
                          others_socket());
        // If two starts remove the file here, only one gets the abstract socket.
        if (locked_by_stranger(opened.file.get()) && sys::leads_to(path_.c_str(), opened.file.get()) &&
            sys::remove_file(path_.c_str()) == 0)
            return;
        sys::sleep_for(std::chrono::milliseconds(1));
    }

    /// With the lock: takes the file if it is empty or stale; false: try again with the file that is there now.
    bool take_locked(opened_file& opened, sys::made_file& made)
    {
        const auto& name = path_.native();
        const int file = opened.file.get();
        const auto status = check_pid_file(file, name, opened.directory.owner);
        const bool replaced = !sys::leads_to(name.c_str(), status);
        const auto record = replaced || status.st_size == 0 ? pid_record() : read_pid_file(file, name);
        // A record in a fresh file: another start locked it first, and has published already.
        if (replaced || record.pid != 0) made.release();
        if (replaced) return false;
        refuse_if_claimed(path_, record, opened.directory.owner, others_socket());
        if (record.pid != 0) { // stale: a fresh file takes its place, so that readers never see one line over another
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

    [[noreturn, gnu::cold]] void throw_not_opened(std::error_code error) const
    {
        const auto& name = path_.native();
        if (error.value() == ELOOP) refuse(name, "it is a symbolic link");
        if (error.value() == EISDIR) refuse(name, "it is a directory");
        if (error.value() == EROFS) refuse_if_held(find_by_pid_file(path_), name);
        throw startup_error(error, "open the pid file", name);
    }

    [[nodiscard]] const abstract_socket* others_socket() const noexcept
    {
        return holds_sockets_ ? nullptr : &claimed_.socket;
    }

    /// A daemon that ended just now removed its directory. A directory that vanishes again and again cannot be made.
    bool vanished() noexcept { return errno == ENOENT && ++vanished_ < 1000; }

    const boost::filesystem::path& path_;
    mode_t mode_;
    bool holds_sockets_;
    claimed_pid_file claimed_{};
    int vanished_ = 0;
};

} // namespace daemonkit::detail
