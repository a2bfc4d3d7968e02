// SPDX-License-Identifier: BSL-1.0
// A pid file can be deleted, replaced or edited under its daemon, and then leads nobody to it. So a published daemon
// also holds a name that nobody can take away: that of a socket in the abstract namespace (unix(7)), made out of the
// path. It is asked for only where the file leads to nobody, and costs then one connect(2) to learn that it is free.
//
// Anybody may take any name, so it is no more than a reason to search /proc for who has it: it is believed only of a
// process that has open the socket, made by root or by the user who asks, and, for writing, a file with that process's
// own pid in it. Who squats the name costs a start some microseconds. Names belong to a network namespace, and paths
// to a mount namespace and a root directory, which are part of the name: across those only the file is seen.
#pragma once

#include "../sys/fork_handler.hpp"
#include "../sys/open_files.hpp"
#include "../sys/socket_name.hpp"
#include "fingerprint.hpp"
#include "pid_record.hpp"

#include <boost/filesystem/path.hpp>

#include <string>

namespace daemonkit {

class kernel_name
{
public:
    /// Of the path of a pid file, whether it exists or not.
    explicit kernel_name(const boost::filesystem::path& path)
    {
        fingerprint all;
        all.fold(sys::real_path(path.parent_path().string())).fold(path.filename().string());
        for (const char* place : {"/", "/proc/self/ns/mnt"}) {
            sys::file_status status = {};
            if (sys::status_of(place, status) == -1)
                throw startup_error(last_error(), "look at", place, "/proc does not show it: is it mounted?");
            all.fold(std::to_string(status.st_dev)).fold(std::to_string(status.st_ino));
        }
        // The file's name is for those who read ss(8).
        name_ = "daemonkit/" + std::to_string(all.value()) + "/" + path.filename().string().substr(0, 64);
    }

    /// The daemon that has it; nobody if it is free. `hidden`: some process has it that cannot be looked at.
    [[nodiscard]] holder find(bool& hidden) const
    {
        hidden = false;
        const int taken = check(sys::has_socket_name(name_), "ask for the name", name_);
        const ino_t socket = taken == 0 ? 0 : sys::socket_inode(name_);
        holder found;
        if (socket != 0)
            sys::any_number_in("/proc", [&](pid_t pid) {
                found = hold(pid, [&](int) { return has(pid, socket, hidden); });
                return static_cast<bool>(found);
            });
        if (found) hidden = false;
        return found;
    }

    /// In the daemon, for its life; children made by fork() do not have it. Without effect if another process has it:
    /// then find() tells whether it is one to be believed.
    class guard
    {
    public:
        guard() noexcept = default;
        explicit guard(const kernel_name& name)
        {
            if (sys::take_socket_name(socket_, name.name_) == 0)
                forget_ = sys::fork_handler(sys::close_in_child, socket_.get());
            else if (errno != EADDRINUSE)
                throw startup_error(last_error(), "take the name", name.name_);
        }

        [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(socket_); }
        void reset() noexcept
        {
            forget_ = {};
            socket_.reset();
        }
        /// In a child, where the number is closed.
        void forget() noexcept { socket_.forget(); }

    private:
        sys::unique_fd socket_;
        sys::fork_handler forget_;
    };

private:
    static bool has(pid_t pid, ino_t socket, bool& hidden)
    {
        const auto trusted = [](const sys::file_status& s) {
            return s.st_uid == 0 || s.st_uid == sys::effective_user();
        };
        bool name = false;
        bool record = false;
        const bool both = sys::any_open_file(pid, [&](const sys::open_file& file) {
            if (S_ISSOCK(file.status.st_mode) && file.status.st_ino == socket && trusted(file.status)) name = true;
            if (S_ISREG(file.status.st_mode) && file.for_writing && trusted(file.status) && !record) {
                const sys::unique_fd again(sys::open(file.link.c_str(), O_RDONLY | O_NONBLOCK));
                std::string text;
                record = again && sys::read_from_start(again.get(), text, 64) == 0 && parse_pid(text) == pid;
            }
            return name && record;
        });
        if (!both && errno == EACCES) hidden = true;
        return both;
    }

    std::string name_;
};

/// What a pid file says of its daemon; nobody if there is none. `settled`: false if a daemon may be about to set its
/// stamp, or has ended in good order since the file was opened.
[[nodiscard]] inline holder find_in_file(const boost::filesystem::path& path, bool& settled)
{
    settled = true;
    const sys::unique_fd file(sys::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
    if (!file) {
        if (errno == ENOENT || errno == ENOTDIR) return {};
        if (errno == ELOOP) refuse(path.string(), "it is a symbolic link");
        throw startup_error(last_error(), "open the pid file", path.string());
    }
    check_pid_file(file.get(), path.string());
    const auto record = read_pid_file(file.get(), path.string());
    auto found = find_holder(record);
    if (found.remains)
        settled = record.stamp != pid_record::none && sys::leads_to(path.c_str(), file.get()) &&
                  read_pid_file(file.get(), path.string()).pid != 0;
    return found;
}

/// find() of both pid file policies: by the file, and if that leads to nobody, by the name in the kernel.
[[nodiscard]] inline holder find_by_pid_file(const boost::filesystem::path& path)
{
    check_directory(path);
    const kernel_name name(path);
    bool settled = true;
    bool hidden = false;
    holder found;
    // Between the looks at the file and at the name daemons come and go. A file that nobody ever stamps is a rarity.
    for (int looks = 0; looks < 20; ++looks) {
        try {
            found = find_in_file(path, settled);
            if (found) return found;
        } catch (const startup_error&) { // something else is in its place
            if (auto named = name.find(hidden)) return named;
            throw;
        }
        if (auto named = name.find(hidden)) return named;
        if (settled && !hidden) return found;
        sys::sleep_for(std::chrono::milliseconds(1));
    }
    if (hidden)
        throw startup_error(std::make_error_code(std::errc::permission_denied), "identify the daemon of", path.string(),
                            "a process has its name, and only root may see which");
    return found;
}

} // namespace daemonkit
