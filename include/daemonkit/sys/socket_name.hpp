// SPDX-License-Identifier: BSL-1.0
// Abstract sockets, unix(7). The kernel binds each name to one socket at a time. No process can delete a name; it
// becomes free when the last process that has the socket open closes it or exits.
#pragma once

#include "../compiled.hpp"
#include "file.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <string_view>

namespace daemonkit::sys {

/// Makes a datagram socket and calls bind(2) or connect(2) with an abstract name of at most 107 bytes. Returns 0, or -1
/// and errno.
DAEMONKIT_INLINE int with_socket_name(unique_fd& socket, std::string_view name,
                                      int (*call)(int, const sockaddr*, socklen_t)) noexcept;

/// Makes the kernel add the sender's credentials to each datagram: SO_PASSCRED, unix(7).
inline int want_credentials(int socket) noexcept
{
    const int yes = 1;
    return ::setsockopt(socket, SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes);
}

/// Whether other processes can send datagrams to an abstract socket.
enum class messages { none, with_credentials };

/// Binds a new socket to `name`. Returns 0, or -1 and errno; EADDRINUSE: another socket has this name.
DAEMONKIT_INLINE int take_socket_name(unique_fd& socket, std::string_view name, messages accepted) noexcept;

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE int with_socket_name(unique_fd& socket, std::string_view name,
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

DAEMONKIT_INLINE int take_socket_name(unique_fd& socket, std::string_view name, messages accepted) noexcept
{
    if (with_socket_name(socket, name, ::bind) == 0)
        return accepted == messages::none ? ::shutdown(socket.get(), SHUT_RDWR) : want_credentials(socket.get());
    const int error = errno;
    socket.reset();
    errno = error;
    return -1;
}

#endif

} // namespace daemonkit::sys
