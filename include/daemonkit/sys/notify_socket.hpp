// SPDX-License-Identifier: BSL-1.0
// The datagram socket of a service manager, sd_notify(3). A failed send never stops the daemon.
#pragma once

#include "../compiled.hpp"
#include "deadline.hpp"
#include "private_fd.hpp"
#include "process.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace daemonkit::sys {

/// If the manager's queue is full: must_arrive waits for up to 5 seconds, may_be_lost drops the message.
enum class urgency { must_arrive, may_be_lost };

/// The socket that NOTIFY_SOCKET names, sd_notify(3).
class notify_socket
{
public:
    /// Connects to `address`, an absolute path or "@name" for an abstract socket. Anything else: no socket, and every
    /// send fails.
    explicit notify_socket(std::string_view address) noexcept;

    [[nodiscard]] explicit operator bool() const noexcept { return size_ != 0; } ///< whether there is an address
    [[nodiscard]] int descriptor() const noexcept { return socket_.get(); }      ///< -1: none

    /// Sends `text`, and a copy of `fd` unless it is -1, SCM_RIGHTS. Returns whether it was sent. Uses the connection
    /// made by the constructor, because the path is out of reach after chroot(2). Connects again only if sending fails:
    /// a restarted manager has a new socket. After one wait that timed out, the next message is not waited for.
    bool send(std::string_view text, urgency how, int fd = -1) noexcept;

private:
    bool connect() noexcept;

    bool send_once(std::string_view text, bool waits, int fd) noexcept;

    sockaddr_un to_{};
    socklen_t size_ = 0; // 0: no manager
    private_fd socket_{};
    bool patient_ = true; // false: the last wait timed out, so the next message does not wait
};

/// The time of CLOCK_MONOTONIC in microseconds, as sd_notify(3) wants it in MONOTONIC_USEC.
inline long long monotonic_microseconds() noexcept
{
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<long long>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
}

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE notify_socket::notify_socket(std::string_view address) noexcept
{
    if (address.size() < 2 || address.size() > sizeof to_.sun_path) return;
    if (address[0] != '/' && address[0] != '@') return;
    to_.sun_family = AF_UNIX;
    address.copy(to_.sun_path, address.size());
    if (address[0] == '@') to_.sun_path[0] = '\0';
    size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
    connect();
}

DAEMONKIT_INLINE bool notify_socket::send(std::string_view text, urgency how, int fd) noexcept
{
    if (size_ == 0) return false;
    const bool waits = how == urgency::must_arrive && patient_;
    patient_ = true;
    if (send_once(text, waits, fd)) return true;
    if (errno != EAGAIN) return connect() && send_once(text, waits, fd);
    patient_ = false;
    return false;
}

DAEMONKIT_INLINE bool notify_socket::connect() noexcept
{
    socket_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const timeval patience{5, 0};
    const auto* const plain = reinterpret_cast<const sockaddr*>(&to_); // NOLINT(*-reinterpret-cast)
    return socket_ && ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0 &&
           retry([&] { return ::connect(socket_.get(), plain, size_); }) == 0;
}

DAEMONKIT_INLINE bool notify_socket::send_once(std::string_view text, bool waits, int fd) noexcept
{
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {};
    iovec part{const_cast<char*>(text.data()), text.size()}; // NOLINT(*-const-cast): sendmsg(2) only reads
    msghdr message = {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (fd != -1) {
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        cmsghdr* const header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof fd);
        std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
    }
    const int flags = MSG_NOSIGNAL | (waits ? 0 : MSG_DONTWAIT);
    return retry([&] { return ::sendmsg(socket_.get(), &message, flags); }) != -1;
}

#endif

} // namespace daemonkit::sys
