// SPDX-License-Identifier: BSL-1.0
// Descriptors that another process opened and passed to this one: close-on-exec, and the kind of a socket like
// sd_is_socket(3).
#pragma once

#include "../compiled.hpp"
#include "file.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <string>

namespace daemonkit::sys {

/// Sets close-on-exec, so that children do not inherit `fd`. Returns 0, or -1 and EBADF if `fd` is not open.
inline int set_close_on_exec(int fd) noexcept
{
    const int flags = ::fcntl(fd, F_GETFD);
    return flags == -1 ? -1 : ::fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
}

/// Whether `fd` is a pipe or a socket that this process inherited at exec(3): open, above 2, and not close-on-exec. The
/// library opens its own descriptors close-on-exec.
DAEMONKIT_INLINE bool is_inherited(int fd) noexcept;

/// Family, type and state of a socket: as found by socket_kind_of(), or as wanted.
struct socket_kind
{
    int family = AF_UNSPEC; ///< AF_INET, AF_UNIX and so on; AF_UNSPEC in a wanted kind: any
    int type = SOCK_STREAM; ///< SOCK_STREAM, SOCK_DGRAM and so on; 0: not a socket
    bool listening = false; ///< listen(2) was called

    /// Whether it is a socket.
    [[nodiscard]] explicit operator bool() const noexcept { return type != 0; }
    /// Whether this kind fits `wanted`.
    [[nodiscard]] bool is(const socket_kind& wanted) const noexcept;
};

/// The kind of the socket `fd`; false if `fd` is not a socket or not open.
[[nodiscard]] DAEMONKIT_INLINE socket_kind socket_kind_of(int fd) noexcept;

/// The kind in words: "a listening IPv4 stream socket".
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string describe(const socket_kind& kind);

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE bool is_inherited(int fd) noexcept
{
    file_status status = {};
    const int flags = fd > 2 ? ::fcntl(fd, F_GETFD) : -1;
    return flags != -1 && (flags & FD_CLOEXEC) == 0 && status_of(fd, status) == 0 &&
           (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
}

DAEMONKIT_INLINE bool socket_kind::is(const socket_kind& wanted) const noexcept
{
    return type == wanted.type && listening == wanted.listening &&
           (wanted.family == AF_UNSPEC || family == wanted.family);
}

DAEMONKIT_INLINE socket_kind socket_kind_of(int fd) noexcept
{
    const auto option = [fd](int name, int& value) {
        socklen_t size = sizeof value;
        return ::getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0;
    };
    socket_kind kind;
    int listening = 0;
    if (!option(SO_DOMAIN, kind.family) || !option(SO_TYPE, kind.type) || !option(SO_ACCEPTCONN, listening))
        return {.type = 0};
    kind.listening = listening != 0;
    return kind;
}

DAEMONKIT_INLINE std::string describe(const socket_kind& kind)
{
    std::string text = kind.listening                                      ? "a listening "
                       : kind.family == AF_INET || kind.family == AF_INET6 ? "an "
                                                                           : "a ";
    text += kind.family == AF_INET    ? "IPv4 "
            : kind.family == AF_INET6 ? "IPv6 "
            : kind.family == AF_UNIX  ? "UNIX "
                                      : "";
    text += kind.type == SOCK_STREAM      ? "stream "
            : kind.type == SOCK_DGRAM     ? "datagram "
            : kind.type == SOCK_SEQPACKET ? "sequenced-packet "
                                          : "";
    return text += "socket";
}

#endif

} // namespace daemonkit::sys
