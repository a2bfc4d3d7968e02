// SPDX-License-Identifier: BSL-1.0
// The socket of a syslog daemon, for output that goes there without syslog(3).
#pragma once

#include "../compiled.hpp"
#include "retry.hpp"
#include "unique_fd.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <string>

namespace daemonkit::sys {

/// Connects a datagram socket to `path`, unix(7): each write(2) to it is one message. Empty and errno on failure.
DAEMONKIT_INLINE unique_fd connect_to_system_log(const std::string& path);

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE unique_fd connect_to_system_log(const std::string& path)
{
    sockaddr_un to{};
    if (path.size() >= sizeof to.sun_path) {
        errno = ENAMETOOLONG;
        return {};
    }
    to.sun_family = AF_UNIX;
    path.copy(to.sun_path, path.size());
    const auto* const plain = reinterpret_cast<const sockaddr*>(&to); // NOLINT(*-reinterpret-cast)
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
    unique_fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (socket && retry([&] { return ::connect(socket.get(), plain, size); }) == -1) {
        const int error = errno;
        socket.reset();
        errno = error;
    }
    return socket;
}

#endif

} // namespace daemonkit::sys
