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
#include <utility>
#include <vector>

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
    const auto* const plain = reinterpret_cast<const sockaddr*>(&address); // NOLINT(*-reinterpret-cast)
    return retry([&] { return call(socket.get(), plain, size); });
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

/// A socket that has a name.
struct named_socket
{
    std::string name;
    ino_t inode = 0;
};

/// Those whose names begin so, as proc_net(5) tells.
[[gnu::cold]] inline std::vector<named_socket> sockets_named(std::string_view beginning)
{
    const unique_fd file(sys::open("/proc/net/unix", O_RDONLY));
    std::string text;
    std::vector<named_socket> all;
    if (!file || read_from_start(file.get(), text, 16'000'000) == -1) return all;
    const std::string mark = " @" + std::string(beginning); // the inode number is before it
    for (std::size_t at = 0; (at = text.find(mark, at)) != std::string::npos; at += mark.size()) {
        named_socket found{text.substr(at + 2, text.find('\n', at) - at - 2)};
        const auto inode = text.find_last_of(" \n", at - 1) + 1;
        std::from_chars(text.data() + inode, text.data() + at, found.inode);
        all.push_back(std::move(found));
    }
    return all;
}

} // namespace daemonkit::sys
