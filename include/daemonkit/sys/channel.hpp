// SPDX-License-Identifier: BSL-1.0
// A pair of connected sockets that keep message boundaries, socketpair(2). A pipe costs the same, but a write to a pipe
// without a reader raises SIGPIPE in the daemon. send(2) with MSG_NOSIGNAL does not, and a socket works both ways.
#pragma once

#include "../compiled.hpp"
#include "unique_fd.hpp"

#include <sys/socket.h>

namespace daemonkit::sys {

/// Opens both ends, close-on-exec. Returns 0, or -1 and errno.
DAEMONKIT_INLINE int open_channel(unique_fd& one, unique_fd& other) noexcept;

/// Shuts down this end in every process that has a copy. Messages already sent still arrive.
inline void end_channel(int fd) noexcept { ::shutdown(fd, SHUT_RDWR); }

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE int open_channel(unique_fd& one, unique_fd& other) noexcept
{
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == -1) return -1;
    one.reset(ends[0]);
    other.reset(ends[1]);
    return 0;
}

#endif

} // namespace daemonkit::sys
