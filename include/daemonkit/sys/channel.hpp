// SPDX-License-Identifier: BSL-1.0
// A pair of connected sockets that keep message boundaries. A pipe costs the same, but writing to a pipe whose
// reader was killed raises SIGPIPE in the daemon; send(2) with MSG_NOSIGNAL does not, and it talks both ways.
#pragma once

#include "deadline.hpp"
#include "retry.hpp"
#include "unique_fd.hpp"

#include <sys/socket.h>

#include <cstddef>

namespace daemonkit::sys {

inline int open_channel(unique_fd& one, unique_fd& other) noexcept
{
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == -1) return -1;
    one.reset(ends[0]);
    other.reset(ends[1]);
    return 0;
}

/// One whole message, or -1. The kernel may have no memory for it at the moment: a second is worth waiting, since a
/// daemon whose word does not arrive is ended.
inline int send_message(int fd, const void* data, std::size_t size) noexcept
{
    for (const deadline until(std::chrono::seconds(1));;) {
        const auto sent = retry([=] { return ::send(fd, data, size, MSG_NOSIGNAL); });
        if (sent != -1 || (errno != ENOBUFS && errno != ENOMEM) || until.passed()) return static_cast<int>(sent);
        sleep_for(std::chrono::milliseconds(1));
    }
}

/// One message without waiting: its size, 0 when nobody is left at the other end, -1 when there is none.
inline int receive_message(int fd, void* data, std::size_t size) noexcept
{
    return static_cast<int>(retry([=] { return ::recv(fd, data, size, MSG_DONTWAIT); }));
}

} // namespace daemonkit::sys
