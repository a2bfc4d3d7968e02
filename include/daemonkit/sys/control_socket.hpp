// SPDX-License-Identifier: BSL-1.0
// Requests to an abstract socket, and answers to their senders. Both are datagrams: the receiver needs no listen(2) and
// no accept(2), and requests wait in the kernel until it reads them. The kernel adds the sender's pid, user and group
// to each datagram: unix(7), SCM_CREDENTIALS.
#pragma once

#include "../compiled.hpp"
#include "deadline.hpp"
#include "process.hpp"
#include "socket_name.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>
#include <string_view>

namespace daemonkit::sys {

/// An address of AF_UNIX, unix(7).
struct socket_address
{
    sockaddr_un name; ///< family and name
    socklen_t size;   ///< of what is used of `name`
};

/// A received datagram.
struct received
{
    long size = -1;        ///< bytes; -1 and errno: none was received
    ucred sender{};        ///< its pid is -1 if the kernel did not pass credentials
    socket_address from{}; ///< where an answer goes
};

/// Receives one datagram without waiting; errno is EAGAIN if none is queued.
DAEMONKIT_INLINE received receive_from(int socket, void* data, std::size_t room) noexcept;

/// Receives one datagram like receive_from(), but only the address of its sender, by recvfrom(2): the kernel passes no
/// credentials then. For where a sandbox refuses recvmsg(2). Returns whether one was queued.
[[gnu::cold]] DAEMONKIT_INLINE bool receive_sender(int socket, socket_address& from) noexcept;

/// Sends `text` to the address `to` without waiting. Returns -1 and errno if the receiver is gone or its queue is full.
DAEMONKIT_INLINE long send_to(int socket, const socket_address& to, std::string_view text) noexcept;

/// Like send_to(), to the peer of a connected socket.
inline long send_connected(int socket, std::string_view text) noexcept
{
    return retry([&] { return ::send(socket, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL); });
}

/// Connects a new socket to the abstract socket `name`, and receives datagrams from that socket only. The kernel binds
/// the new socket to a name of its own: unix(7), autobind. Returns 0, or -1 and errno.
DAEMONKIT_INLINE int call_socket_name(unique_fd& socket, std::string_view name) noexcept;

/// Waits until a datagram can be read, the process of the pidfd `process` has exited, or `timeout` has passed. Returns
/// whether the process has exited.
DAEMONKIT_INLINE bool wait_for_answer(int socket, int process, std::chrono::nanoseconds timeout) noexcept;

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE received receive_from(int socket, void* data, std::size_t room) noexcept
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

DAEMONKIT_INLINE bool receive_sender(int socket, socket_address& from) noexcept
{
    char byte = 0;
    from.size = sizeof from.name;
    auto* const plain = reinterpret_cast<sockaddr*>(&from.name); // NOLINT(*-reinterpret-cast)
    return retry([&] { return ::recvfrom(socket, &byte, 1, MSG_DONTWAIT, plain, &from.size); }) != -1;
}

DAEMONKIT_INLINE long send_to(int socket, const socket_address& to, std::string_view text) noexcept
{
    const auto* const plain = reinterpret_cast<const sockaddr*>(&to.name); // NOLINT(*-reinterpret-cast)
    return retry(
        [&] { return ::sendto(socket, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL, plain, to.size); });
}

DAEMONKIT_INLINE int call_socket_name(unique_fd& socket, std::string_view name) noexcept
{
    const auto call = [](int fd, const sockaddr* to, socklen_t size) {
        return want_credentials(fd) == 0 ? ::connect(fd, to, size) : -1;
    };
    if (with_socket_name(socket, name, call) == 0) return 0;
    socket.reset();
    return -1;
}

DAEMONKIT_INLINE bool wait_for_answer(int socket, int process, std::chrono::nanoseconds timeout) noexcept
{
    pollfd fds[2] = {{socket, POLLIN, 0}, {process, POLLIN, 0}};
    return poll_once(fds, 2, timeout) > 0 && fds[1].revents != 0;
}

#endif

} // namespace daemonkit::sys
