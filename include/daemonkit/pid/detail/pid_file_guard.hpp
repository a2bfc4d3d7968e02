// SPDX-License-Identifier: BSL-1.0
// The guard of both pid file policies. A start holds flock(2) on a fresh, empty file from before the first fork until
// the pid is published. The lock follows the open file through forks; fcntl record locks do not. The policies differ
// only in whether the daemon keeps the lock for its life. Readers never lock: they see an empty file or a whole line,
// and use the line only with its stamp (process_identity.hpp).
#pragma once

#include "../../sys/fork_handler.hpp"
#include "../../sys/raw/removal.hpp"
#include "../../sys/time.hpp"
#include "abstract_socket_guard.hpp"
#include "activity.hpp"
#include "pid_file_claim.hpp"
#include "status_file.hpp"

#include <boost/filesystem/path.hpp>

#include <array>
#include <chrono>
#include <new>
#include <string>
#include <utility>

namespace daemonkit::detail {

enum class lock_held { until_published, for_life };

class pid_file_guard
{
public:
    /// In the launcher, before anything forks. Throws already_running, or startup_error with nothing changed.
    /// `lines`: what publish() writes after the pid. `optional`: with an empty path there is no file, and this object
    /// does nothing.
    pid_file_guard(boost::filesystem::path path, mode_t mode, std::string lines, lock_held held, bool optional)
        : pid_file_guard(std::move(path), mode, std::move(lines), held, optional, false, 0)
    {
    }

    pid_file_guard(pid_file_guard&& other) noexcept = default;
    pid_file_guard& operator=(pid_file_guard&& other) noexcept
    {
        std::swap(path_, other.path_);
        std::swap(mode_, other.mode_);
        std::swap(lines_, other.lines_);
        std::swap(held_, other.held_);
        std::swap(sockets_, other.sockets_);
        std::swap(owner_, other.owner_);
        std::swap(activity_, other.activity_);
        std::swap(status_, other.status_);
        swap_file(other);
        return *this;
    }

    ~pid_file_guard()
    {
        if (!claimed_.file) return;
        if (owner_.pid == sys::this_process())
            remove();
        else
            abandon();
    }

    /// In the daemon. From here on this process, and no other, removes the file.
    void publish(pid_t pid)
    {
        if (!claimed_.file) return;
        const auto self = identity_of(pid);
        record(self);
        next_look_ = sys::deadline::now() + between_looks;
        // Again for a while: the holder of the first name, or a child of its, may be about to close it.
        const sys::deadline until(std::chrono::seconds(1));
        for (int tries = 0; !sockets_.take(claimed_.socket, self); ++tries) {
            const auto other = claimed_.socket.find(pid);
            refuse_if_held(other.holder, path_.native());
            if (other.doubt.empty() && (tries >= 5 || until.passed())) break; // by a stranger, or left over
            if (until.passed()) throw_doubt(path_, other.doubt);
            sys::sleep_for(std::chrono::milliseconds(1));
        }
        if (!written_.kept && !sockets_ && sys::are_locked(claimed_.file.get(), life_lock) == -1)
            refuse(path_.native(),
                   "its file system keeps neither nanoseconds in time stamps nor locks, and the abstract "
                   "socket of the path is taken: put it on another, such as /run");
    }

    // In the daemon: what find() says of it. It is starting until started().
    void started() noexcept { activity_.started(claimed_.file.get()); }
    void reloading(bool begins) noexcept { activity::reloading(claimed_.file.get(), begins); }
    void stopping() noexcept { activity_.stopping(claimed_.file.get()); }

    /// After chroot(2) the file cannot be made any more.
    [[gnu::cold]] void status(std::string_view line) noexcept
    {
        if (!claimed_.file) return;
        if (!status_ && !claimed_.socket.out_of_root()) status_.make(path_, mode_);
        status_.write(written_.stamp, line);
    }

    /// From here on this process removes the file that another one claimed.
    void take_over() noexcept { owner_.pid = sys::this_process(); }

    /// What the launcher removes if the daemon dies before it is ready.
    [[nodiscard]] sys::raw_removal removal() const noexcept
    {
        return {claimed_.file.get(), sys::short_text<PATH_MAX>(path_.native()), claimed_.directories.count(),
                status_suffix};
    }

    void release() noexcept
    {
        claimed_.directories.release();
        claimed_.file.reset();
    }

    [[nodiscard]] int control_fd() const noexcept { return sockets_.control_fd(); }

    [[nodiscard]] std::array<int, 1> descriptors() const noexcept { return {claimed_.file.get()}; }

    /// Nothing wakes the daemon. An inotify descriptor would, but close(2) on one takes about 10 ms in the kernel, at
    /// the end of every daemon, and a user has 128 of them.
    [[nodiscard]] static constexpr int lost_fd() noexcept { return -1; }

    /// One fstat(2) as long as the file is unchanged. A file that was touched, or to which the program has added lines,
    /// is stamped again. If its first line was edited, that is written again. For a file that was deleted, moved or
    /// replaced the path is claimed again; returns false if another daemon has it by then. What cannot be repaired any
    /// more, because privileges were dropped, is tried once. A few times a second at most it also looks whether this
    /// process still is what its record says. Without the lock for life, all this ends when the daemon is ready.
    [[nodiscard]] bool keep()
    {
        if (irreparable_) return true;
        try {
            if (const auto now = sys::deadline::now(); now >= next_look_) {
                next_look_ = now + between_looks;
                renew();
            }
            if ((held_ == lock_held::for_life || !activity_.has_started()) &&
                sys::mark_of(claimed_.file.get()) != written_.mark)
                repair();
        } catch (const already_running&) {
            return false;
        } catch (const startup_error&) {
            irreparable_ = true;
        } catch (const std::bad_alloc&) {
            next_look_ = {}; // at the next wake
        }
        return true;
    }

private:
    pid_file_guard(boost::filesystem::path path, mode_t mode, std::string lines, lock_held held, bool optional,
                   bool holds_name, pid_t self)
        : path_(std::move(path)), mode_(mode), lines_(std::move(lines)), held_(held),
          claimed_(pid_file_claim(path_, mode, optional, holds_name, self)())
    {
        take_over();
    }

    void record(const process_identity& self)
    {
        owner_ = self;
        place_ = place_of(path_).view();
        write();
        closed_in_child_ = sys::fork_handler(sys::close_in_child, claimed_.file.get());
        if (!closed_in_child_) throw_errno("register a fork handler");
        if (held_ == lock_held::until_published) sys::unlock(claimed_.file.get());
        activity_.repeat(claimed_.file.get());
    }

    void write() { written_ = write_pid_file(claimed_.file.get(), path_, owner_, place_, lines_); }

    /// A checkpoint and restore gives a process another identity, and /proc may show another boot then.
    void renew()
    {
        long stamp = 0;
        process_identity self;
        try {
            self = identity_of(owner_.pid);
            stamp = stamp_of(self, place_);
        } catch (const startup_error&) {
            return; // /proc is not there any more
        }
        if (stamp == written_.stamp || sys::mark_of(claimed_.file.get()) != written_.mark) return;
        owner_ = self;
        write();
        sockets_.reset_control();
        sockets_.take(claimed_.socket, self);
    }

    [[gnu::cold]] void repair()
    {
        if (sys::leads_to(path_.c_str(), claimed_.file.get())) {
            check_call(sys::change_mode(claimed_.file.get(), mode_), "set the mode of the pid file", path_.native());
            write();
            return;
        }
        const auto mark = sys::mark_of(claimed_.file.get());
        if (mark.links > 0 && claimed_.socket.out_of_root()) {
            written_.mark = mark; // after chroot(2) no path tells whether it was moved
            return;
        }
        pid_text old;
        old.read(claimed_.file.get());
        pid_file_guard again(path_, mode_, std::string(kept_lines(old.view(), lines_)), held_, false,
                             static_cast<bool>(sockets_), owner_.pid);
        again.activity_ = activity_;
        again.record(owner_);
        swap_file(again);
    }

    void swap_file(pid_file_guard& other) noexcept
    {
        std::swap(claimed_, other.claimed_);
        std::swap(closed_in_child_, other.closed_in_child_);
        std::swap(written_, other.written_);
        std::swap(place_, other.place_);
    }

    /// Removes the file if the path still leads to it. Where that fails (privileges dropped, another root directory) it
    /// empties the file, which says the same to every reader of ours. No start removes the file meanwhile: this process
    /// has the life lock, and its record is right.
    void remove() noexcept
    {
        sockets_.reset(); // first: no process finds this daemon by them any more
        if (place_.empty())
            remove_status_file(path_); // of a daemon that died
        else
            status_.remove(path_);
        if (!sys::leads_to(path_.c_str(), claimed_.file.get()) || sys::remove_file(path_.c_str()) == -1)
            sys::empty_file(claimed_.file.get());
    }

    /// In a process that neither claimed nor published: a child that fork() made of either.
    void abandon() noexcept
    {
        claimed_.directories.release();
        claimed_.file.forget();
        sockets_.forget();
    }

    static constexpr std::chrono::milliseconds between_looks{50};

    boost::filesystem::path path_;
    mode_t mode_;
    std::string lines_; // after the pid
    lock_held held_;
    claimed_pid_file claimed_;
    sys::fork_handler closed_in_child_;
    abstract_socket_guard sockets_;
    process_identity owner_{};
    std::string place_{};
    written_record written_;
    status_file status_;
    activity activity_;
    bool irreparable_ = !claimed_.file; // without a file there is nothing to keep
    std::chrono::steady_clock::time_point next_look_{};
};

} // namespace daemonkit::detail
