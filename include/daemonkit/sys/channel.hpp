// SPDX-License-Identifier: BSL-1.0
// A pair of connected sockets that keep message boundaries. A pipe costs the same, but writing to a pipe whose
// reader was killed raises SIGPIPE in the daemon; send(2) with MSG_NOSIGNAL does not, and it talks both ways.
#pragma once

#include "unique_fd.hpp"

#include <sys/socket.h>

namespace daemonkit::sys {

inline int open_channel(unique_fd& one, unique_fd& other) noexcept
{
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == -1) return -1;
    one.reset(ends[0]);
    other.reset(ends[1]);
    return 0;
}

/// For every process that has this end. What was sent arrives.
inline void end_channel(int fd) noexcept { ::shutdown(fd, SHUT_RDWR); }

} // namespace daemonkit::sys
