// SPDX-License-Identifier: BSL-1.0
// Abstract sockets, unix(7). The kernel binds each name to one socket at a time. No process can delete a name; it
// becomes free when the last process that has the socket open closes it or exits.
#pragma once

#include "../text/function_ref.hpp"
#include "file.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>

namespace daemonkit::sys {

/// Makes a datagram socket and calls bind(2) or connect(2) with an abstract name of at most 107 bytes. Returns 0, or -1
/// and errno.
inline int with_socket_name(unique_fd& socket, std::string_view name,
                            int (*call)(int, const sockaddr*, socklen_t)) noexcept
{
    // A datagram socket, because connect(2) then needs no listener and queues nothing at the other end.
    socket.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) return -1;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto length = name.copy(address.sun_path + 1, sizeof address.sun_path - 1);
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + length);
    const auto* const plain = reinterpret_cast<const sockaddr*>(&address); // NOLINT(*-reinterpret-cast)
    return retry([&] { return call(socket.get(), plain, size); });
}

/// Makes the kernel add the sender's credentials to each datagram: SO_PASSCRED, unix(7).
inline int want_credentials(int socket) noexcept
{
    const int yes = 1;
    return ::setsockopt(socket, SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes);
}

/// Whether other processes can send datagrams to an abstract socket.
enum class messages { none, with_credentials };

/// Binds a new socket to `name`. Returns 0, or -1 and errno; EADDRINUSE: another socket has this name.
inline int take_socket_name(unique_fd& socket, std::string_view name, messages accepted) noexcept
{
    if (with_socket_name(socket, name, ::bind) == 0)
        return accepted == messages::none ? ::shutdown(socket.get(), SHUT_RDWR) : want_credentials(socket.get());
    const int error = errno;
    socket.reset();
    errno = error;
    return -1;
}

/// Whether a socket with this name exists: 1 yes, 0 no, -1 and errno if that cannot be found out.
inline int has_socket_name(std::string_view name) noexcept
{
    unique_fd probe;
    if (with_socket_name(probe, name, ::connect) == 0) return 1;
    return errno == ECONNREFUSED ? 0 : errno == EPERM ? 1 : -1;
}

/// The text of /proc/net/unix, proc_net(5): all UNIX sockets with their names. Empty if it cannot be read.
[[gnu::cold]] inline std::string named_sockets()
{
    std::string text;
    read_file("/proc/net/unix", text, 16'000'000);
    return text;
}

/// Calls visit(name, inode) for each abstract socket in `sockets` with a name that starts with `beginning`, until a
/// call returns true. `sockets` is the text that named_sockets() returned.
[[gnu::cold]] inline void any_socket_named(const std::string& beginning, const std::string& sockets,
                                           function_ref<bool(std::string_view, ino_t)> visit)
{
    for (std::size_t at = 0; (at = sockets.find(beginning, at)) != std::string::npos; at += beginning.size()) {
        if (at < 3 || sockets[at - 1] != '@' || sockets[at - 2] != ' ') continue;
        const auto inode = sockets.find_last_of(" \n", at - 3) + 1;
        const auto name = std::string_view(sockets).substr(at, sockets.find('\n', at) - at);
        if (visit(name, std::strtoull(sockets.data() + inode, nullptr, 10))) return;
    }
}

} // namespace daemonkit::sys
