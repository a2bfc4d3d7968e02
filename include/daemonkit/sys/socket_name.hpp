// SPDX-License-Identifier: BSL-1.0
// Names of sockets in the abstract namespace, unix(7): the kernel gives each to one socket, nobody can delete one, and
// it is free again when the last process that has the socket open has ended.
#pragma once

#include "file.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>

namespace daemonkit::sys {

/// Applies bind(2) or connect(2) to a fresh socket and a name of at most 107 bytes.
template <class Call>
int with_socket_name(unique_fd& socket, std::string_view name, Call call) noexcept
{
    // Datagrams, because connecting then needs no listener and leaves nothing behind at the other end.
    socket.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) return -1;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto length = name.copy(address.sun_path + 1, sizeof address.sun_path - 1);
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + length);
    return call(socket.get(), reinterpret_cast<const sockaddr*>(&address), size); // NOLINT(*-reinterpret-cast)
}

/// -1 and EADDRINUSE if another socket has the name. Nobody can send anything to it.
inline int take_socket_name(unique_fd& socket, std::string_view name) noexcept
{
    if (with_socket_name(socket, name, ::bind) == 0) return ::shutdown(socket.get(), SHUT_RDWR);
    const int error = errno;
    socket.reset();
    errno = error;
    return -1;
}

/// 1: some socket has it; 0: none; -1 and errno.
inline int has_socket_name(std::string_view name) noexcept
{
    unique_fd probe;
    if (with_socket_name(probe, name, ::connect) == 0) return 1;
    return errno == ECONNREFUSED ? 0 : errno == EPERM ? 1 : -1;
}

/// The inode number of the socket that has the name, proc_net(5); 0 if there is none.
inline ino_t socket_inode(std::string_view name)
{
    const unique_fd file(sys::open("/proc/net/unix", O_RDONLY));
    std::string text;
    if (!file || read_from_start(file.get(), text, 16'000'000) == -1) return 0;
    const auto end = text.find(" @" + std::string(name) + "\n");
    if (end == std::string::npos) return 0;
    const auto begin = text.find_last_of(" \n", end - 1) + 1;
    ino_t inode = 0;
    std::from_chars(text.data() + begin, text.data() + end, inode);
    return inode;
}

} // namespace daemonkit::sys
