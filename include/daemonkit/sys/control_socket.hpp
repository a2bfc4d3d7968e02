// SPDX-License-Identifier: BSL-1.0
// Questions to a socket that has a name in the abstract namespace, and answers to those who asked: datagrams, so that
// nobody listens, nobody is connected and the questions wait in the kernel until the socket is read. The kernel says
// with each of them who sent it (unix(7), SCM_CREDENTIALS).
#pragma once

#include "deadline.hpp"
#include "process.hpp"
#include "socket_name.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>
#include <string_view>

namespace daemonkit::sys {

struct socket_address
{
    sockaddr_un name;
    socklen_t size;
};

/// A datagram as it was received, without waiting.
struct received
{
    long size = -1; ///< -1 and errno: there is none
    ucred sender{};
    socket_address from{};
};

inline received receive_from(int socket, void* data, std::size_t room) noexcept
{
    received one;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred))];
    iovec part{data, room};
    msghdr message = {};
    message.msg_name = &one.from.name;
    message.msg_namelen = sizeof one.from.name;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    one.size = retry([&] { return ::recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC); });
    one.from.size = message.msg_namelen;
    const cmsghdr* const header = one.size == -1 ? nullptr : CMSG_FIRSTHDR(&message);
    if (header != nullptr && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_CREDENTIALS)
        std::memcpy(&one.sender, CMSG_DATA(header), sizeof one.sender);
    else
        one.sender.pid = -1;
    return one;
}

/// Without waiting. Whoever has gone, or does not read, is not waited for.
inline long send_to(int socket, const socket_address& to, std::string_view text) noexcept
{
    const auto* const plain = reinterpret_cast<const sockaddr*>(&to.name); // NOLINT(*-reinterpret-cast)
    return retry(
        [&] { return ::sendto(socket, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL, plain, to.size); });
}

/// The same to the socket that this one is connected to.
inline long send_connected(int socket, std::string_view text) noexcept
{
    return retry([&] { return ::send(socket, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL); });
}

/// A socket that is connected to `name`: only that one's datagrams arrive. It has a name too, of the kernel's choosing,
/// as every one that wants credentials when it is connected (unix(7), autobind).
inline int call_socket_name(unique_fd& socket, std::string_view name) noexcept
{
    const auto call = [](int fd, const sockaddr* to, socklen_t size) {
        return want_credentials(fd) == 0 ? ::connect(fd, to, size) : -1;
    };
    if (with_socket_name(socket, name, call) == 0) return 0;
    socket.reset();
    return -1;
}

/// Waits until a datagram can be read, `process` (a pidfd) has exited, or `timeout` has passed: whether it has exited.
inline bool wait_for_answer(int socket, int process, std::chrono::nanoseconds timeout) noexcept
{
    pollfd fds[2] = {{socket, POLLIN, 0}, {process, POLLIN, 0}};
    return poll_once(fds, 2, timeout) > 0 && fds[1].revents != 0;
}

} // namespace daemonkit::sys
