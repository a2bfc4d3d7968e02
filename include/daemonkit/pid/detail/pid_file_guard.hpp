// SPDX-License-Identifier: BSL-1.0
// The claim of both pid file policies. A start holds flock(2) on a fresh, empty file from before the first fork (the
// lock follows the open file through forks, fcntl record locks do not) until the pid is published; whether it keeps
// the lock for the daemon's life is all the two policies differ in. Readers never lock: what they see is an empty
// file, or a whole line, and they believe the line only with its stamp (process_identity.hpp).
#pragma once

#include "../../sys/directory.hpp"
#include "../../sys/fork_handler.hpp"
#include "../../sys/raw/removal.hpp"
#include "../../sys/time.hpp"
#include "pid_file_search.hpp"

#include <boost/filesystem/path.hpp>

#include <array>
#include <utility>

namespace daemonkit::detail {

enum class lock_held { until_published, for_life };

class pid_file_guard
{
public:
    /// In the origin, before anything forks. Throws already_running, or startup_error with nothing changed.
    pid_file_guard(boost::filesystem::path path, mode_t mode, lock_held held)
        : pid_file_guard(std::move(path), mode, held, false)
    {
    }

    pid_file_guard(pid_file_guard&& other) noexcept = default;
    pid_file_guard& operator=(pid_file_guard&& other) noexcept
    {
        std::swap(path_, other.path_);
        std::swap(mode_, other.mode_);
        std::swap(held_, other.held_);
        std::swap(name_, other.name_);
        std::swap(owner_, other.owner_);
        swap_file(other);
        return *this;
    }

    ~pid_file_guard()
    {
        if (!file_) return;
        if (owner_.pid == sys::this_process())
            remove();
        else
            abandon();
    }

    /// In the daemon. From here on this process, and no other, takes the file away again.
    void publish(pid_t pid)
    {
        const auto self = identity_of(pid);
        record(self);
        // Who has it published while the file was taken from under this daemon, or squats it; or is at its end, and
        // then it is to be had in a moment.
        for (int tries = 0; tries < 3 && !name_; ++tries) {
            name_ = abstract_socket::guard(kernel_name_, self);
            if (name_) return;
            refuse_if_claimed({}, 0, false);
        }
    }

    /// From here on this process undoes what another one claimed.
    void take_over() noexcept { owner_.pid = sys::this_process(); }

    /// What the origin has to take away if the daemon dies before it is ready.
    [[nodiscard]] sys::raw_removal removal() const noexcept
    {
        return {file_.get(), sys::short_text<PATH_MAX>(path_.native()), directories_.count()};
    }

    void release() noexcept
    {
        directories_.release();
        file_.reset();
    }

    [[nodiscard]] int control_fd() const noexcept { return name_.control_fd(); }

    [[nodiscard]] std::array<int, 1> descriptors() const noexcept { return {file_.get()}; }

    /// Nothing wakes the daemon: an inotify descriptor would, but closing one takes the kernel 10 ms or so, at every
    /// end of every daemon, and a user has 128 of them.
    [[nodiscard]] static constexpr int lost_fd() noexcept { return -1; }

    /// One fstat(2) as long as nobody changes anything. A file that was touched or edited is written again; for one that
    /// was deleted, moved or replaced the name is claimed again, and it is false if another daemon has that by now.
    /// What cannot be repaired any more (privileges dropped) is tried once.
    [[nodiscard]] bool keep()
    {
        if (held_ == lock_held::until_published || irreparable_ || sys::mark_of(file_.get()) == mark_) return true;
        try {
            repair();
        } catch (const already_running&) {
            return false;
        } catch (const startup_error&) {
            irreparable_ = true;
        }
        return true;
    }

private:
    /// `named`: this process has the name in the kernel, so nobody else does.
    pid_file_guard(boost::filesystem::path path, mode_t mode, lock_held held, bool named)
        : path_(std::move(path)), mode_(mode), held_(held)
    {
        if ((mode_ & (S_IWGRP | S_IWOTH)) != 0)
            throw_bad_setting("use the pid file", path_.native(), "its mode in the settings lets others write it");
        for (const sys::deadline until(std::chrono::seconds(5)); !try_claim(named);)
            if (until.passed()) refuse_locked(path_.native());
        take_over();
    }

    /// One attempt to end with a fresh, empty, locked file at the path; false to try again.
    bool try_claim(bool named)
    {
        const auto& name = path_.native();
        auto way = check_directory_to_claim(path_);
        bool fresh = false;
        auto file = open_or_make_pid_file(path_, mode_, fresh);
        if (!file && (errno == ENOENT || errno == ENOTDIR)) {
            if (directories_.make(path_.parent_path().native(), 0755) == -1) {
                if (vanished()) return false;
                throw_errno("make the directory of the pid file", directories_.failed());
            }
            way = check_directory(path_); // somebody else may have made it meanwhile
            file = open_or_make_pid_file(path_, mode_, fresh);
        }
        if (!file) return vanished() ? false : cannot_open(last_error());
        sys::made_file made(fresh ? name.c_str() : nullptr);
        if (!fresh) check_pid_file(file.get(), name, way.owner); // before it is locked, for it may be anybody's
        const bool locked = sys::try_lock(file.get());
        if (!locked && errno != EWOULDBLOCK) throw_errno("lock the pid file", name);
        kernel_name_ = abstract_socket(path_, way.plain, way.owner);
        if (!locked) {
            made.release(); // another start was faster to lock it
            refuse_if_claimed(read_pid_file(file.get(), name), way.owner, named);
            // Whoever may read a file may lock it. Should two starts remove it here, only one gets the name.
            if (locked_by_stranger(file.get()) && sys::leads_to(name.c_str(), file.get()) &&
                sys::remove_file(name.c_str()) == 0)
                return false;
            sys::sleep_for(std::chrono::milliseconds(1)); // the winner publishes as soon as it has forked
            return false;
        }
        const auto status = check_pid_file(file.get(), name, way.owner);
        if (!sys::leads_to(name.c_str(), status)) return made.release(), false;
        const auto record = status.st_size == 0 ? pid_record() : read_pid_file(file.get(), name);
        if (record.pid != 0) made.release(); // another start locked it first, and has published already
        refuse_if_claimed(record, way.owner, named);
        if (record.pid != 0) { // stale; a fresh file instead, so that readers never see one line over another
            if (sys::remove_file(name.c_str()) == 0) return false;
            // The file is ours and the directory is not, as where root made it for a user.
            check_call(sys::empty_file(file.get()), "empty the stale pid file", name);
        }
        if ((status.st_mode & 07777U) != mode_)
            check_call(sys::change_mode(file.get(), mode_), "set the mode of the pid file", name);
        made.release();
        file_ = std::move(file);
        return true;
    }

    [[noreturn, gnu::cold]] bool cannot_open(std::error_code error) const
    {
        const auto& name = path_.native();
        if (error.value() == ELOOP) refuse(name, "it is a symbolic link");
        if (error.value() == EISDIR) refuse(name, "it is a directory");
        if (error.value() == EROFS) refuse_if_held(find_by_pid_file(path_), name);
        throw startup_error(error, "open the pid file", name);
    }

    void record(const process_identity& self)
    {
        mark_ = write_pid_file(file_.get(), path_, self);
        owner_ = self;
        forget_file_ = sys::fork_handler(sys::close_in_child, file_.get());
        if (!forget_file_) throw_errno("prepare for children");
        if (held_ == lock_held::until_published) sys::unlock(file_.get());
    }

    /// Throws already_running if another daemon has it: by its record, or by its name where no file leads to it any more.
    void refuse_if_claimed(const pid_record& record, uid_t owner, bool named) const
    {
        bool hidden = false;
        refuse_if_held(find_holder(record, path_, owner), path_.native());
        if (!named) refuse_if_held(kernel_name_.find(hidden), path_.native());
    }

    [[gnu::cold]] void repair()
    {
        if (sys::leads_to(path_.c_str(), file_.get())) {
            check_call(sys::change_mode(file_.get(), mode_), "set the mode of the pid file", path_.native());
            mark_ = write_pid_file(file_.get(), path_, owner_);
            return;
        }
        const auto mark = sys::mark_of(file_.get());
        if (mark.links > 0 && kernel_name_.out_of_root()) {
            mark_ = mark; // no path tells whether it was moved
            return;
        }
        pid_file_guard again(path_, mode_, held_, static_cast<bool>(name_));
        again.record(owner_);
        swap_file(again);
    }

    void swap_file(pid_file_guard& other) noexcept
    {
        std::swap(directories_, other.directories_);
        std::swap(file_, other.file_);
        std::swap(forget_file_, other.forget_file_);
        std::swap(mark_, other.mark_);
        std::swap(kernel_name_, other.kernel_name_);
    }

    /// A daemon that ended just now took its directory with it. What is missing again and again cannot be made.
    bool vanished() noexcept { return errno == ENOENT && ++vanished_ < 1000; }

    /// The file goes if the name still leads to it. Where it cannot (privileges dropped, another root directory) it
    /// is emptied, which says the same to every reader of ours. Only who has the lock may touch the name: without it
    /// this could be between the look and the removal of a start that takes a stale file away.
    void remove() noexcept
    {
        name_.reset(); // first, so that nobody is sent here by it any more
        const sys::deadline until(std::chrono::seconds(1));
        while (held_ == lock_held::until_published && !sys::try_lock(file_.get()) && !until.passed() &&
               !locked_by_stranger(file_.get()))
            sys::sleep_for(std::chrono::milliseconds(1)); // a start that looks at it, or a stranger
        if (!until.passed() && sys::leads_to(path_.c_str(), file_.get()) && sys::remove_file(path_.c_str()) == 0)
            return;
        sys::empty_file(file_.get());
    }

    /// In a process that neither claimed nor published: a child that fork() made of either.
    void abandon() noexcept
    {
        directories_.release();
        file_.forget();
        name_.forget();
    }

    boost::filesystem::path path_;
    mode_t mode_;
    lock_held held_;
    sys::made_directories directories_;
    sys::unique_fd file_;
    sys::fork_handler forget_file_;
    abstract_socket::guard name_;
    abstract_socket kernel_name_;
    process_identity owner_{};
    sys::file_mark mark_;
    bool irreparable_ = false;
    int vanished_ = 0;
};

} // namespace daemonkit::detail
