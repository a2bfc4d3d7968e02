// SPDX-License-Identifier: BSL-1.0
// A pid file can be deleted, replaced or edited while its daemon runs, and then leads to no process. A published daemon
// therefore also holds two abstract sockets (unix(7)), which no process can take from it and which a crash frees. The
// name of the first is made from the path: only one process can hold it. The name of the second, the control socket,
// says which process that is. They are searched only if the file leads to no process; a connect(2) then tells that the
// first is free.
//
// Every user can bind every abstract name. So a name is believed only if the kernel says that root, the asking user or
// the owner of the path made its socket: sock_diag(7). A daemon that finds its first name taken still has its control
// socket, and is found by it. A stranger who holds the first name costs forty system calls, whatever else he has: of
// more than about ten thousand sockets, the rest is not searched.
//
// The names belong to a network namespace. A path belongs to the directory that is mounted where it lies, which is part
// of the name.
#pragma once

#include "../../compiled.hpp"
#include "../../sys/control_socket.hpp"
#include "../../sys/mount_root.hpp"
#include "../../sys/open_files.hpp"
#include "../../sys/socket_diag.hpp"
#include "../../sys/socket_name.hpp"
#include "fingerprint.hpp"
#include "pid_record.hpp"

#include <boost/filesystem/path.hpp>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace daemonkit::detail {

/// Who holds an abstract socket.
struct socket_search
{
    pid_holder holder{};
    /// Why it cannot be told whether its holder is the daemon; empty: there is no doubt.
    std::string doubt{};
    /// No holder, although a process has the sockets of a daemon that is proved to be gone.
    bool left_over = false;
};

class abstract_socket
{
public:
    abstract_socket() noexcept = default;

    /// Of the path of a pid file, whether the file exists or not; `directory` is that of check_directory().
    abstract_socket(const boost::filesystem::path& path, const trusted_directory& directory);

    /// Whether the path lies on another mount than when this was made: after chroot(2) it says nothing.
    [[nodiscard]] bool out_of_root() const
    {
        sys::mount_root now;
        return sys::find_mount_root(directory_, now) == 0 && now != mount_;
    }

    /// The daemon that holds it. Without holder and doubt the name is free, or a stranger has it. `except` is not found:
    /// a process that is about to become the daemon.
    [[nodiscard]] socket_search find(pid_t except = 0) const;

    /// A socket connected to the control socket of a process that was found; empty if it cannot be reached. `process`: its
    /// identity.
    [[nodiscard]] sys::unique_fd call(const process_identity& process) const;

    /// The first name.
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    /// The name of the control socket of a process.
    [[nodiscard, gnu::noinline]] std::string control_name(const process_identity& process) const
    {
        const auto named = seen_here(process);
        return sys::joined({name_, "/", process.pid, ".", process.generation, ".", named.pid_namespace});
    }

private:
    /// The process that the name of a control socket says: its last component, "PID.GENERATION.NAMESPACE".
    struct named_process
    {
        unsigned long long pid_namespace = 0;
        process_identity process{};

        bool operator==(const named_process& o) const noexcept
        {
            return pid_namespace == o.pid_namespace && process.pid == o.process.pid &&
                   process.generation == o.process.generation;
        }
    };

    /// Of a process that this one sees by this identity.
    [[nodiscard]] static named_process seen_here(const process_identity& process) noexcept
    {
        return {sys::pid_namespace(), process};
    }

    [[nodiscard, gnu::cold]] static named_process parse(std::string_view component)
    {
        named_process named;
        std::sscanf(std::string(component).c_str(), "%d.%llu.%llu", &named.process.pid, &named.process.generation,
                    &named.pid_namespace);
        return named;
    }

    /// Whether a socket that this user made may be believed.
    [[nodiscard]] bool is_trusted(uid_t user) const noexcept
    {
        return user == 0 || user == owner_ || user == sys::effective_user();
    }

    /// Connects to a control socket of a trusted user; where the kernel does not tell the user, of any.
    [[nodiscard]] bool connect(sys::unique_fd& socket, sys::socket_diag& kernel, const std::string& name) const
    {
        if (sys::call_socket_name(socket, name) == -1) return false;
        uid_t owner = 0;
        return sys::peer_owner(kernel, socket.get(), owner) == -1 ? errno != ENOENT : is_trusted(owner);
    }

    [[nodiscard, gnu::cold]] static socket_search no_owner()
    {
        if (errno == ENOENT) return {}; // it was closed just now
        socket_search result;
        result.doubt = sys::joined({"a process holds its abstract socket, and the kernel does not name its owner "
                                    "(sock_diag(7): ",
                                    last_error().message(), ")"});
        return result;
    }

    /// By the control sockets that trusted users made, which say the process. If the first name is a stranger's
    /// (`trusted` is false), looks at as many sockets as a stranger may cost, and what it does not find proves nothing.
    [[nodiscard, gnu::cold]] socket_search find_holder(sys::socket_diag& kernel, pid_t except, bool trusted) const;

    /// The process that bound a control socket, if it is still there: the name says its identity, and a trusted user
    /// made the name.
    [[nodiscard, gnu::cold]] pid_holder find_bearer(const named_process& named, ino_t first, std::string& doubt) const;

    std::string name_{};
    std::string directory_{};
    sys::mount_root mount_{};
    uid_t owner_ = 0; // beside root, the one user who controls the path
};

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE abstract_socket::abstract_socket(const boost::filesystem::path& path,
                                                  const trusted_directory& directory)
    : owner_(directory.owner)
{
    if (directory.plain)
        directory_ = directory.path;
    else
        directory_ = sys::real_path(directory.path);
    const bool known = directory.plain && directory.mount;
    if (known) mount_ = *directory.mount;
    if (mount_.inode == 0)
        check_call(sys::find_mount_root(known ? "/" : directory_, mount_), "identify the directory", directory_);
    const auto file = file_name_in(path);
    fingerprint all;
    all.fold(std::string_view(directory_).substr(std::min(mount_.length, directory_.size()))).fold(file);
    all.fold(sys::decimal(mount_.device)).fold(sys::decimal(mount_.inode));
    // The file's name is for readers of ss(8).
    name_ = sys::joined({"daemonkit/", all.value(), "/", file.substr(0, 40)});
}

DAEMONKIT_INLINE socket_search abstract_socket::find(pid_t except) const
{
    sys::unique_fd probe;
    if (sys::with_socket_name(probe, name_, ::connect) == -1) {
        if (errno == ECONNREFUSED || errno == EPERM) return {}; // EPERM: it is connected, which ours never is
        throw_errno("look up the abstract socket", name_);
    }
    sys::socket_diag kernel;
    uid_t owner = 0;
    if (sys::peer_owner(kernel, probe.get(), owner) == -1) return no_owner();
    return find_holder(kernel, except, is_trusted(owner));
}

DAEMONKIT_INLINE sys::unique_fd abstract_socket::call(const process_identity& process) const
{
    sys::unique_fd socket;
    if (!process) return socket;
    sys::socket_diag kernel;
    if (connect(socket, kernel, control_name(process))) return socket;
    // A unit of systemd may have another mount there, and a stranger may have had the name.
    const auto wanted = seen_here(process);
    std::vector<std::string> names;
    kernel.ask(0, [&](const sys::socket_facts& one) {
        const auto end = one.name.rfind('/') + 1;
        if (one.name.starts_with("daemonkit/") && one.owner && is_trusted(*one.owner) &&
            parse(one.name.substr(end)) == wanted)
            names.emplace_back(one.name);
        return false;
    });
    for (const auto& name : names)
        if (connect(socket, kernel, name)) return socket;
    return {};
}

DAEMONKIT_INLINE socket_search abstract_socket::find_holder(sys::socket_diag& kernel, pid_t except, bool trusted) const
{
    ino_t first = 0;
    std::vector<named_process> all;
    const auto prefix = sys::joined({name_, "/"});
    const auto note = [&](const sys::socket_facts& one) {
        if (!one.owner || !is_trusted(*one.owner)) return false;
        if (one.name == name_) first = one.inode;
        if (!one.name.starts_with(prefix)) return false;
        const auto named = parse(one.name.substr(prefix.size()));
        if (named.process.pid != except) all.push_back(named);
        return false;
    };
    const int parts = trusted ? INT_MAX : 32;
    if (kernel.ask(0, note, parts) == -1) return trusted ? no_owner() : socket_search();
    socket_search result;
    if (trusted && first == 0) return result; // it was closed just now
    if (trusted && all.empty()) result.doubt = "a process of root or yours holds its abstract socket and says no pid";
    for (const auto& one : all) {
        result.holder = find_bearer(one, first, result.doubt);
        if (!result.holder) continue;
        result.doubt.clear();
        return result;
    }
    result.left_over = trusted && result.doubt.empty();
    return result;
}

DAEMONKIT_INLINE pid_holder abstract_socket::find_bearer(const named_process& named, ino_t first,
                                                         std::string& doubt) const
{
    const auto pid = named.process.pid;
    const auto here = sys::pid_namespace();
    if (here != named.pid_namespace) {
        doubt = sys::joined({"process ", pid, " of another pid namespace holds its abstract socket"});
        return {};
    }
    if (here == 0) doubt = sys::joined({"process ", pid, " holds its abstract socket: is /proc mounted?"});
    return open_holder(pid, [&](int pidfd) {
        const auto process = identity_of(pidfd, pid);
        if (!process || !may_name(owner_, pid)) return false;
        if (seen_here(process) == named) return true;
        if (first == 0) return false;
        // Another process with this pid, or the same one after a checkpoint and restore.
        const auto is_first = [&](const sys::file_status& file) {
            return S_ISSOCK(file.st_mode) && file.st_ino == first;
        };
        if (sys::any_open_file(pid, is_first)) return true;
        if (errno != 0)
            doubt = sys::joined({"process ", pid, " may hold its abstract socket: run as root to inspect it"});
        return false;
    });
}

#endif

} // namespace daemonkit::detail
