// SPDX-License-Identifier: BSL-1.0
// Addresses of unix(7) sockets.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <string>

struct socket_address
{
    sockaddr_un address{};
    socklen_t size = 0;

    /// A path, or '@' and the name of an abstract socket.
    explicit socket_address(const std::string& name)
    {
        address.sun_family = AF_UNIX;
        if (name.size() >= sizeof address.sun_path) throw std::runtime_error("too long for a socket: " + name);
        std::memcpy(address.sun_path, name.data(), name.size());
        size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() + (name[0] == '@' ? 0 : 1));
        if (name[0] == '@') address.sun_path[0] = '\0';
    }

    [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address); }
};

inline bool bind_socket(int fd, const std::string& name)
{
    const socket_address to(name);
    return ::bind(fd, to.get(), to.size) == 0;
}
