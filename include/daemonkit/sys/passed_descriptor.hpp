// SPDX-License-Identifier: BSL-1.0
// Descriptors that somebody else has opened: not for children, and what kind of socket one is, as sd_is_socket(3) asks.
#pragma once

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <string>

namespace daemonkit::sys {

/// -1 and EBADF if it is not open.
inline int set_close_on_exec(int fd) noexcept
{
    const int flags = ::fcntl(fd, F_GETFD);
    return flags == -1 ? -1 : ::fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
}

/// Whether somebody handed the descriptor to this process: open, a pipe or a socket, and not close-on-exec, as all are
/// that the process opened itself.
inline bool is_handed_over(int fd) noexcept
{
    struct stat status = {};
    const int flags = fd > 2 ? ::fcntl(fd, F_GETFD) : -1;
    return flags != -1 && (flags & FD_CLOEXEC) == 0 && ::fstat(fd, &status) == 0 &&
           (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
}

struct socket_kind
{
    int family = AF_UNSPEC; ///< AF_UNSPEC in a question: any
    int type = SOCK_STREAM; ///< 0: no socket
    bool listening = false;

    [[nodiscard]] explicit operator bool() const noexcept { return type != 0; }
    [[nodiscard]] bool is(const socket_kind& wanted) const noexcept
    {
        return type == wanted.type && listening == wanted.listening &&
               (wanted.family == AF_UNSPEC || family == wanted.family);
    }
};

/// None if it is no socket, or not open.
[[nodiscard]] inline socket_kind socket_kind_of(int fd) noexcept
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

/// "a listening IPv4 stream socket".
[[nodiscard, gnu::cold]] inline std::string describe(const socket_kind& kind)
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

} // namespace daemonkit::sys
