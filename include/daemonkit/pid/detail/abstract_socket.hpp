// SPDX-License-Identifier: BSL-1.0
// A pid file can be deleted, replaced or edited while its daemon runs, and then leads to no process. A published daemon
// therefore also holds two abstract sockets (unix(7)), which no process can take from it and which a crash frees. The
// name of the first is made from the path: only one process can hold it. The name of the second, the control socket,
// says which process that is. They are searched only if the file leads to no process; a connect(2) then tells that the
// first is free.
//
// Every user can bind every abstract name, so the names only say which process to check. The holder is a live process
// that has both sockets open, if root or the asking user made them. A squatter costs a start some microseconds. The
// names belong to a network namespace. A path belongs to a mount namespace and a root directory, which are part of the
// name. In other namespaces only the file is seen.
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

/// Who holds an abstract socket.
struct socket_search
{
    pid_holder holder{};
    bool hidden = false; ///< a process holds it that the caller may not inspect
};

class abstract_socket
{
public:
    abstract_socket() noexcept = default;

    /// Of the path of a pid file, whether the file exists or not; `directory` is that of check_directory().
    abstract_socket(const boost::filesystem::path& path, const trusted_directory& directory) : owner_(directory.owner)
    {
        const auto parent = path.parent_path();
        const auto file = path.filename();
        const auto real = directory.plain ? std::string() : sys::real_path(parent.native());
        fingerprint all;
        all.fold(directory.plain ? parent.native() : real).fold(file.native());
        check_call(sys::find_root(root_), "identify the directory", "/");
        all.fold(sys::decimal(root_.mount)).fold(sys::decimal(root_.inode));
        // The file's name is for readers of ss(8).
        name_ = sys::joined({"daemonkit/", all.value(), "/", std::string_view(file.native()).substr(0, 40)});
    }

    /// Whether the root directory has changed since this was made: after chroot(2) no path says anything.
    [[nodiscard]] bool out_of_root() const noexcept
    {
        sys::root_directory root;
        return sys::find_root(root) == 0 && root != root_;
    }

    /// The daemon that holds it; an empty holder if the name is free.
    [[nodiscard]] socket_search find() const
    {
        if (check_call(sys::has_socket_name(name_), "look up the abstract socket", name_) == 0) return {};
        return find_holder_of_both();
    }

    /// A socket connected to the control socket of a process that was found; empty if it cannot be reached. The process
    /// may have bound its name where "/" is another mount, as in a unit of systemd: then its process part is searched.
    [[nodiscard]] sys::unique_fd call(const pid_holder& daemon) const
    {
        sys::unique_fd socket;
        const auto process = identity_of(daemon.process.get(), daemon.pid);
        if (!process || sys::call_socket_name(socket, control_name(process)) == 0) return socket;
        const auto end = sys::joined({"/", process.pid, ".", process.generation});
        sys::any_socket_named("daemonkit/", sys::named_sockets(), [&](std::string_view name, ino_t inode) {
            return name.ends_with(end) && opened_by(daemon.pid, inode, inode) == opened::both &&
                   sys::call_socket_name(socket, name) == 0;
        });
        return socket;
    }

    /// In the daemon, for its life; children made by fork() do not hold the sockets. False, and without effect, if
    /// another process holds a name: find() tells which.
    class guard
    {
    public:
        guard() noexcept = default;
        guard(const abstract_socket& socket, const process_identity& self)
        {
            // In this order: a process that sees the first name finds the control socket, too.
            if (bind(control_, socket.control_name(self), sys::messages::with_credentials) &&
                !bind(first_, socket.name_, sys::messages::none))
                control_ = {};
        }

        [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(first_.socket); }
        /// For questions about a reload (reload_protocol.hpp); -1: none.
        [[nodiscard]] int control_fd() const noexcept { return control_.socket.get(); }
        void reset() noexcept
        {
            first_ = {};
            control_ = {};
        }
        /// In a child, where the descriptors are closed.
        void forget() noexcept
        {
            first_.socket.forget();
            control_.socket.forget();
        }

    private:
        struct bound
        {
            sys::unique_fd socket{};
            sys::fork_handler closed_in_child{}; // destroyed before the socket
        };

        [[gnu::noinline]] static bool bind(bound& one, const std::string& name, sys::messages accepted)
        {
            if (sys::take_socket_name(one.socket, name, accepted) == -1) {
                if (errno == EADDRINUSE) return false;
                throw_errno("bind the abstract socket", name);
            }
            one.closed_in_child = sys::fork_handler(sys::close_in_child, one.socket.get());
            if (!one.closed_in_child) throw_errno("register a fork handler");
            return true;
        }

        bound first_;
        bound control_;
    };

private:
    enum class opened { neither, both, hidden };

    [[nodiscard, gnu::noinline]] std::string control_name(const process_identity& process) const
    {
        return sys::joined({name_, "/", process.pid, ".", process.generation});
    }

    [[nodiscard, gnu::cold]] socket_search find_holder_of_both() const
    {
        socket_search result;
        const auto sockets = sys::named_sockets();
        ino_t first = 0;
        sys::any_socket_named(name_, sockets, [&](std::string_view name, ino_t inode) {
            if (name == name_) first = inode;
            return first != 0;
        });
        if (first == 0) return result;
        sys::any_socket_named(sys::joined({name_, "/"}), sockets, [&](std::string_view name, ino_t control) {
            const pid_t pid = std::atoi(name.data() + name_.size() + 1);
            if (pid <= 0) return false;
            result.holder = open_holder(pid, [&](int pidfd) {
                const auto process = identity_of(pidfd, pid);
                if (!process || name != control_name(process)) return false;
                const auto has = opened_by(pid, first, control);
                result.hidden = result.hidden || has == opened::hidden;
                return has == opened::both && may_name(owner_, pid);
            });
            return static_cast<bool>(result.holder);
        });
        if (result.holder) result.hidden = false;
        return result;
    }

    /// Whether a process has two sockets open that root, the caller or the owner of the path made.
    [[nodiscard, gnu::cold]] opened opened_by(pid_t pid, ino_t one, ino_t other) const
    {
        bool has_one = false;
        bool has_other = false;
        const bool both = sys::any_open_file(pid, [&](const sys::file_status& file) {
            const bool trusted = S_ISSOCK(file.st_mode) &&
                                 (file.st_uid == 0 || file.st_uid == sys::effective_user() || file.st_uid == owner_);
            has_one = has_one || (trusted && file.st_ino == one);
            has_other = has_other || (trusted && file.st_ino == other);
            return has_one && has_other;
        });
        if (both) return opened::both;
        return errno != 0 ? opened::hidden : opened::neither;
    }

    std::string name_{};
    sys::root_directory root_{};
    uid_t owner_ = 0; // beside root, the one user who controls the path
};

} // namespace daemonkit::detail
