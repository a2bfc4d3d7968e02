// SPDX-License-Identifier: BSL-1.0
// A free port, and a client of an echo server on that port.
#pragma once

#include "support/process.hpp"

#include <daemonkit/sys/unique_fd.hpp>

#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <string>

using daemonkit::sys::unique_fd;

inline unique_fd tcp_socket() { return unique_fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

/// Binds a socket to a free port and stores the number in `port`.
inline unique_fd take_port(unsigned short& port)
{
    auto socket = tcp_socket();
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    const int yes = 1;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    BOOST_REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0);
    BOOST_REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port = ntohs(address.sin_port);
    return socket;
}

/// A client. Each of its waits has a bound.
class client
{
public:
    explicit client(unsigned short port)
    {
        const timeval bound{generous.count(), 0};
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        BOOST_REQUIRE(::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    }

    void send(const std::string& text)
    {
        BOOST_REQUIRE(::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
                      static_cast<ssize_t>(text.size()));
    }
    /// Sends as much as the buffers take while the server does not read. No part of the text equals another part.
    std::string send_all_that_goes()
    {
        std::string all;
        for (int n = 0, idle = 0; idle < 50; ++n) {
            std::string block;
            while (block.size() < 4096) block += std::to_string(n) + "." + std::to_string(block.size()) + " ";
            const auto sent = ::send(socket_.get(), block.data(), block.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            all.append(block, 0, sent > 0 ? static_cast<std::size_t>(sent) : 0);
            idle = sent > 0 ? 0 : idle + 1;
            if (sent <= 0) ::usleep(1000); // the server reads some of it meanwhile
        }
        return all;
    }
    /// Reads so many bytes, or fewer if the stream ends before.
    std::string receive(std::size_t size)
    {
        std::string text(size, '\0');
        std::size_t have = 0;
        while (have < size) {
            const auto n = ::recv(socket_.get(), text.data() + have, size - have, 0);
            if (n <= 0) break;
            have += static_cast<std::size_t>(n);
        }
        text.resize(have);
        return text;
    }
    bool echoes(const std::string& text)
    {
        send(text);
        return receive(text.size()) == text;
    }
    void leave() { socket_.reset(); }
    void leave_rudely()
    {
        const linger now{1, 0};
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
        socket_.reset();
    }

private:
    unique_fd socket_ = tcp_socket();
};
