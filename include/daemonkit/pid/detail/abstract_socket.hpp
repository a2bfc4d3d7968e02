// SPDX-License-Identifier: BSL-1.0
// A pid file can be deleted, replaced or edited under its daemon, and then leads nobody to it. So a published daemon
// also holds names that nobody can take away, of sockets in the abstract namespace (unix(7)): one made out of the path,
// which only one process can have, and below it one that says which process that is. They are asked for only where the
// file leads to nobody, and cost then one connect(2) to learn that the first is free.
//
// Anybody may take any name, so names are no more than a hint whom to look at: believed is the living process that the
// second one means, if it has both sockets open and they were made by root or by the user who asks. Who squats a name
// costs a start some microseconds. Names belong to a network namespace, and paths to a mount namespace and a root
// directory, which are part of the name: across those only the file is seen.
#pragma once

#include "../../sys/control_socket.hpp"
#include "../../sys/fork_handler.hpp"
#include "../../sys/limits.hpp"
#include "../../sys/open_files.hpp"
#include "../../sys/socket_name.hpp"
#include "fingerprint.hpp"
#include "pid_record.hpp"

#include <boost/filesystem/path.hpp>

#include <cstdlib>
#include <string>

namespace daemonkit::detail {

class abstract_socket
{
public:
    abstract_socket() noexcept = default;

    /// Of the path of a pid file, whether it exists or not; `plain` and `owner` as check_directory() says.
    abstract_socket(const boost::filesystem::path& path, bool plain, uid_t owner = sys::effective_user())
        : owner_(owner)
    {
        const auto directory = path.parent_path();
        const auto file = path.filename();
        const auto real = plain ? std::string() : sys::real_path(directory.native());
        fingerprint all;
        all.fold(plain ? directory.native() : real).fold(file.native());
        check_call(sys::find_root(root_), "look at", "/");
        all.fold(sys::decimal(root_.mount)).fold(sys::decimal(root_.inode));
        // The file's name is for those who read ss(8).
        name_ = sys::joined({"daemonkit/", all.value(), "/", std::string_view(file.native()).substr(0, 40)});
    }

    /// Whether the root directory is another than when this was made: after chroot(2) no path tells anything.
    [[nodiscard]] bool out_of_root() const noexcept
    {
        sys::root_directory root;
        return sys::find_root(root) == 0 && root != root_;
    }

    /// The daemon that has it; nobody if it is free. `hidden`: some process has it that cannot be looked at.
    [[nodiscard]] pid_holder find(bool& hidden) const
    {
        hidden = false;
        if (check_call(sys::has_socket_name(name_), "ask for the name", name_) == 0) return {};
        return find_bearer(hidden);
    }

    /// A socket that is connected to the bearer of a process that was found; none if it has none that can be reached. The
    /// process may have taken the name where "/" is another mount, as a unit of systemd may have: then it is looked for.
    [[nodiscard]] sys::unique_fd call(const pid_holder& daemon) const
    {
        sys::unique_fd socket;
        const auto process = identity_of(daemon.process.get(), daemon.pid);
        if (!process || sys::call_socket_name(socket, of_bearer(process)) == 0) return socket;
        const auto end = sys::joined({"/", process.pid, ".", process.generation});
        sys::any_socket_named("daemonkit/", sys::named_sockets(), [&](std::string_view name, ino_t inode) {
            bool hidden = false;
            return name.ends_with(end) && has(daemon.pid, inode, inode, hidden) &&
                   sys::call_socket_name(socket, name) == 0;
        });
        return socket;
    }

    /// In the daemon, for its life; children made by fork() do not have it. Without effect if another process has it:
    /// then find() tells whether it is one to be believed.
    class guard
    {
    public:
        guard() noexcept = default;
        guard(const abstract_socket& name, const process_identity& self)
        {
            // In this order: whoever sees the first one taken finds the second, too.
            if (take(bearer_, name.of_bearer(self), sys::messages::with_credentials) &&
                !take(whole_, name.name_, sys::messages::none))
                bearer_ = {};
        }

        [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(whole_.socket); }
        /// On which a reload is asked about (reload_answer.hpp); -1: none.
        [[nodiscard]] int control_fd() const noexcept { return bearer_.socket.get(); }
        void reset() noexcept
        {
            whole_ = {};
            bearer_ = {};
        }
        /// In a child, where the numbers are closed.
        void forget() noexcept
        {
            whole_.socket.forget();
            bearer_.socket.forget();
        }

    private:
        struct taken
        {
            sys::unique_fd socket{};
            sys::fork_handler forget_in_child{}; // before the socket is closed, it is forgotten
        };

        [[gnu::noinline]] static bool take(taken& one, const std::string& name, sys::messages accepted)
        {
            if (sys::take_socket_name(one.socket, name, accepted) == -1) {
                if (errno == EADDRINUSE) return false;
                throw_errno("take the name", name);
            }
            one.forget_in_child = sys::fork_handler(sys::close_in_child, one.socket.get());
            if (!one.forget_in_child) throw_errno("prepare for children");
            return true;
        }

        taken whole_;
        taken bearer_;
    };

private:
    /// The second name of a process.
    [[nodiscard, gnu::noinline]] std::string of_bearer(const process_identity& process) const
    {
        return sys::joined({name_, "/", process.pid, ".", process.generation});
    }

    [[nodiscard, gnu::cold]] pid_holder find_bearer(bool& hidden) const
    {
        pid_holder found;
        const auto sockets = sys::named_sockets();
        ino_t whole = 0;
        sys::any_socket_named(name_, sockets, [&](std::string_view name, ino_t inode) {
            if (name == name_) whole = inode;
            return whole != 0;
        });
        if (whole == 0) return found;
        sys::any_socket_named(sys::joined({name_, "/"}), sockets, [&](std::string_view bearer, ino_t inode) {
            const pid_t pid = std::atoi(bearer.data() + name_.size() + 1);
            if (pid <= 0) return false;
            found = open_holder(pid, [&](int pidfd) {
                const auto process = identity_of(pidfd, pid);
                return process && bearer == of_bearer(process) && has(pid, whole, inode, hidden) && is_for(owner_, pid);
            });
            return static_cast<bool>(found);
        });
        if (found) hidden = false;
        return found;
    }

    [[nodiscard, gnu::cold]] bool has(pid_t pid, ino_t one, ino_t other, bool& hidden) const
    {
        bool has_one = false;
        bool has_other = false;
        const bool all = sys::any_open_file(pid, [&](const sys::file_status& file) {
            const bool ours = S_ISSOCK(file.st_mode) &&
                              (file.st_uid == 0 || file.st_uid == sys::effective_user() || file.st_uid == owner_);
            has_one = has_one || (ours && file.st_ino == one);
            has_other = has_other || (ours && file.st_ino == other);
            return has_one && has_other;
        });
        if (!all && errno != 0) hidden = true;
        return all;
    }

    std::string name_{};
    sys::root_directory root_{};
    uid_t owner_ = 0; // of the way to the file, beside root
};

} // namespace daemonkit::detail
