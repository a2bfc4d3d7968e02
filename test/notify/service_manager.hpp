// SPDX-License-Identifier: BSL-1.0
// A service manager that only receives: a datagram socket as in sd_notify(3), with the sender of each message, and a
// notification descriptor. And the daemon of test/daemon/notified.cpp as its service.
#pragma once

#include "support/become.hpp"
#include "support/child_process.hpp"
#include "support/process.hpp"
#include "support/skip.hpp"
#include "support/socket.hpp"
#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <ctime>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

/// One datagram.
struct message
{
    std::string text{};
    pid_t sender = 0;

    /// Its lines, sorted.
    [[nodiscard]] std::set<std::string> lines() const
    {
        std::set<std::string> all;
        std::istringstream in(text);
        for (std::string line; std::getline(in, line);) all.insert(line);
        return all;
    }
    /// The value of "KEY=value"; nothing if there is no such line.
    [[nodiscard]] std::optional<std::string> value(const std::string& key) const
    {
        for (const auto& line : lines())
            if (line.starts_with(key + "=")) return line.substr(key.size() + 1);
        return {};
    }
    [[nodiscard]] bool has(const std::string& line) const { return lines().count(line) != 0; }
};

class service_manager
{
public:
    explicit service_manager(std::string name)
        : name_(std::move(name)), fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0))
    {
        const int yes = 1;
        if (!bind_socket(fd_, name_) || ::setsockopt(fd_, SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes) == -1)
            throw std::runtime_error(std::string("cannot bind the socket of the service manager: ") +
                                     std::strerror(errno));
    }
    service_manager(const service_manager&) = delete;
    service_manager& operator=(const service_manager&) = delete;
    ~service_manager()
    {
        ::close(fd_);
        if (name_[0] != '@') ::unlink(name_.c_str());
    }

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] std::string variable() const { return "NOTIFY_SOCKET=" + name_; }

    /// The next datagram, once it is there; an empty one if none comes.
    message next() { return receive(generous); }
    /// All datagrams that have arrived.
    std::vector<message> rest()
    {
        std::vector<message> all;
        for (message m = receive({}); m.sender != 0; m = receive({})) all.push_back(m);
        return all;
    }

private:
    message receive(std::chrono::milliseconds bound)
    {
        message m;
        pollfd p{fd_, POLLIN, 0};
        if (::poll(&p, 1, static_cast<int>(bound.count())) != 1) return m;
        char bytes[8192];
        alignas(cmsghdr) char control[256];
        iovec data{bytes, sizeof bytes};
        msghdr header{};
        header.msg_iov = &data;
        header.msg_iovlen = 1;
        header.msg_control = control;
        header.msg_controllen = sizeof control;
        const auto size = ::recvmsg(fd_, &header, MSG_CMSG_CLOEXEC);
        if (size < 0) return m;
        m.text.assign(bytes, static_cast<std::size_t>(size));
        for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c))
            if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS) {
                ucred sender{};
                std::memcpy(&sender, CMSG_DATA(c), sizeof sender);
                m.sender = sender.pid;
            }
        return m;
    }

    std::string name_;
    int fd_;
};

/// Runs the program with these arguments and variables in a temporary directory.
class service
{
public:
    explicit service(
        const strings& command, const strings& environment = {}, const std::function<void()>& prepare = [] {})
        : process_([=, this] {
              prepare();
              return become(strings{DAEMONKIT_TEST_DAEMON_DIR "/notified"} + command,
                            strings{"PID_FILE=" + (directory_ / "d.pid").string()} + environment);
          })
    {
    }
    child_process* operator->() noexcept { return &process_; }

private:
    temporary_directory directory_{};
    child_process process_;
};

inline const std::vector<std::string> each_deployment{"systemd", "universal"};
