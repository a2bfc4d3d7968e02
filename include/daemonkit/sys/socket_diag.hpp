// SPDX-License-Identifier: BSL-1.0
// What the kernel tells about UNIX sockets: sock_diag(7). Every user may ask.
#pragma once

#include "../compiled.hpp"
#include "../text/function_ref.hpp"
#include "process.hpp"

#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace daemonkit::sys {

/// One UNIX socket of this network namespace.
struct socket_facts
{
    ino_t inode = 0;              ///< its number
    ino_t peer = 0;               ///< that of the socket it is connected to; 0: none
    std::optional<uid_t> owner{}; ///< the user who made it; empty before Linux 5.3
    std::string_view name{};      ///< abstract name; empty: none
};

/// A question to the kernel.
class socket_diag
{
public:
    /// Calls visit(facts) for the socket with this inode number, or for each socket if it is 0, until a call returns
    /// true. Reads so many parts of the answer at most; a part has 32 KiB, or about 300 sockets. Returns 0, or -1 and
    /// errno: ENOENT if there is no such socket.
    [[gnu::cold]] int ask(ino_t inode, function_ref<bool(const socket_facts&)> visit, int parts = INT_MAX);

private:
    int send(unsigned inode) noexcept;

    /// A structure at the beginning of `text`; zeros if it is too short.
    template <class KernelStruct>
    static KernelStruct start_of(std::string_view text) noexcept
    {
        KernelStruct value{};
        if (text.size() >= sizeof value) text.copy(reinterpret_cast<char*>(&value), sizeof value);
        return value;
    }

    /// The first `length` bytes. Removes them from `text`, and the padding after them, netlink(3).
    static std::string_view cut(std::string_view& text, std::size_t length) noexcept;

    static socket_facts facts_in(std::string_view message) noexcept;

    unique_fd socket_{};
    std::string of_all_{};
};

/// The user who made the socket that `socket` is connected to. Returns 0, or -1 and errno: ENOENT if that socket is
/// gone, ENOTSUP before Linux 5.3.
[[gnu::cold]] DAEMONKIT_INLINE int peer_owner(socket_diag& kernel, int socket, uid_t& owner);

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE int socket_diag::ask(ino_t inode, function_ref<bool(const socket_facts&)> visit, int parts)
{
    if (!socket_) socket_.reset(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
    if (!socket_ || send(static_cast<unsigned>(inode)) == -1) return -1;
    // The kernel fills at most 32 KiB in one part of its answer; of one socket it says less than 300 bytes.
    char of_one[1024];
    if (inode == 0) of_all_.resize(32768);
    const std::span<char> room = inode == 0 ? std::span<char>(of_all_) : std::span<char>(of_one);
    for (bool wanted = true;;) {
        const auto size = retry([&] { return ::recv(socket_.get(), room.data(), room.size(), 0); });
        if (size <= 0) return -1;
        std::string_view part(room.data(), static_cast<std::size_t>(size));
        while (part.size() >= sizeof(nlmsghdr)) {
            const auto header = start_of<nlmsghdr>(part);
            if (header.nlmsg_type == NLMSG_DONE) return 0;
            if (header.nlmsg_type == NLMSG_ERROR) {
                errno = -start_of<nlmsgerr>(part.substr(sizeof header)).error;
                return errno == 0 ? 0 : -1;
            }
            wanted = wanted && !visit(facts_in(cut(part, header.nlmsg_len).substr(sizeof header)));
        }
        if (inode != 0) return 0;
        if (--parts == 0) return socket_.reset(), 0; // with the rest of the answer
    }
}

DAEMONKIT_INLINE int socket_diag::send(unsigned inode) noexcept
{
    struct
    {
        nlmsghdr header;
        unix_diag_req question;
    } message{};
    message.header.nlmsg_len = sizeof message;
    message.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    message.header.nlmsg_flags = static_cast<unsigned short>(NLM_F_REQUEST | (inode == 0 ? NLM_F_DUMP : 0));
    message.question.sdiag_family = AF_UNIX;
    message.question.udiag_states = ~0U;
    message.question.udiag_ino = inode;
    message.question.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_UID;
    message.question.udiag_cookie[0] = message.question.udiag_cookie[1] = ~0U;
    return retry([&] { return ::send(socket_.get(), &message, sizeof message, 0); }) == -1 ? -1 : 0;
}

DAEMONKIT_INLINE std::string_view socket_diag::cut(std::string_view& text, std::size_t length) noexcept
{
    const auto first = text.substr(0, length);
    text.remove_prefix(std::min((std::max<std::size_t>(length, 1) + 3U) & ~std::size_t{3}, text.size()));
    return first;
}

DAEMONKIT_INLINE socket_facts socket_diag::facts_in(std::string_view message) noexcept
{
    socket_facts facts;
    facts.inode = start_of<unix_diag_msg>(cut(message, sizeof(unix_diag_msg))).udiag_ino;
    while (message.size() >= sizeof(nlattr)) {
        const auto attribute = start_of<nlattr>(message);
        const auto value =
            cut(message, std::max<std::size_t>(attribute.nla_len, sizeof attribute)).substr(sizeof attribute);
        if (attribute.nla_type == UNIX_DIAG_PEER) facts.peer = start_of<unsigned>(value);
        if (attribute.nla_type == UNIX_DIAG_UID) facts.owner = start_of<unsigned>(value);
        if (attribute.nla_type == UNIX_DIAG_NAME && value.starts_with('\0')) facts.name = value.substr(1);
    }
    return facts;
}

DAEMONKIT_INLINE int peer_owner(socket_diag& kernel, int socket, uid_t& owner)
{
    file_status own;
    if (status_of(socket, own) == -1) return -1;
    ino_t peer = 0;
    std::optional<uid_t> found;
    const auto note = [&](const socket_facts& facts) {
        peer = facts.peer;
        found = facts.owner;
        return true;
    };
    if (kernel.ask(static_cast<ino_t>(own.st_ino), note) == -1) return -1;
    errno = ENOENT;
    if (peer == 0 || kernel.ask(peer, note) == -1) return -1;
    errno = ENOTSUP;
    if (!found) return -1;
    owner = *found;
    return 0;
}

#endif

} // namespace daemonkit::sys
