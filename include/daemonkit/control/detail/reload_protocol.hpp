// SPDX-License-Identifier: BSL-1.0
// How the result of a reload reaches the processes that requested it. SIGHUP carries no address, and two pending
// SIGHUPs are one. So a caller sends a datagram to a socket of the daemon, then SIGHUP, as sigqueue(3) does. After such
// a SIGHUP the daemon first reads all requests, then reloads, then answers them. After a SIGHUP of kill(2) it reloads
// at once. Then it looks for requests, because the SIGHUP of a caller may have been merged with that one, and if there
// is one, it reloads once more. Each answer is about a reload that began after its request, whichever caller sent the
// SIGHUP. Many callers can share one reload.
//
// The socket is the abstract socket that the daemon has anyway (pid/detail/abstract_socket.hpp). The daemon does not
// poll it: only SIGHUP wakes the daemon, and an idle daemon does no work. Every process can send to it. The daemon
// answers only root and the user it runs as. A caller accepts an answer only from the process that it asked. If a sandbox
// refuses recvmsg(2), which passes the sender, the daemon tells all callers only that they get no result.
#pragma once

#include "../../compiled.hpp"
#include "../../sys/control_socket.hpp"
#include "../../sys/refusal.hpp"
#include "../../text/utf8.hpp"

#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace daemonkit::detail {

/// In the daemon: the callers that wait for the reload that is about to begin.
class reload_callers
{
public:
    /// Reads the requests that have arrived. `socket` -1: there is no socket, and no request.
    explicit reload_callers(int socket) noexcept;

    /// Whether requests have arrived that no object has read.
    [[nodiscard]] static bool any(int socket) noexcept
    {
        return socket != -1 && sys::readable_within(socket, std::chrono::nanoseconds::zero());
    }

    /// Answers all callers. `refusal`: empty if the daemon has reloaded, or why the old configuration stays.
    void answer(std::string_view refusal) const noexcept;

    static constexpr std::size_t longest = 1024;

private:
    /// Returns false if there is no memory: this caller gets no answer, later ones are read at the next reload.
    [[gnu::cold]] bool add(const sys::socket_address& caller) noexcept
    try {
        waiting_.push_back(caller);
        return true;
    } catch (const std::bad_alloc&) {
        return false;
    }

    /// Reads the requests without knowing who sent them.
    [[gnu::cold]] void add_strangers() noexcept;

    int socket_;
    bool strangers_ = false;
    std::vector<sys::socket_address> waiting_{};
};

/// What a caller has received.
enum class reload_answer {
    none,         ///< nothing yet
    reloaded,     ///< the daemon has reloaded
    refused,      ///< the old state stays
    unread,       ///< there is an answer, but a sandbox of the caller refuses to read it
    unread_there, ///< a sandbox of the daemon refused to read who asked
};

/// In the process that requests the reload.
class reload_call
{
public:
    /// `socket` is connected to the socket of the daemon, or empty.
    explicit reload_call(sys::unique_fd socket) noexcept
        : socket_(std::move(socket)), can_ask_(static_cast<bool>(socket_))
    {
    }

    /// false: the daemon reads no requests.
    [[nodiscard]] bool can_ask() const noexcept { return can_ask_; }

    /// Sends the request; call it before SIGHUP is sent. Returns false if the queue of the daemon is full, or if the
    /// daemon reads no requests.
    [[nodiscard]] bool ask() noexcept;

    /// The answer of the daemon `pid`. `refusal` is the reason if it refused. Reads what others have sent until then, at
    /// most.
    [[nodiscard]] reload_answer answer(pid_t pid, const sys::deadline& until, std::string& refusal) const;

    /// Waits until an answer can be read, the process of this pidfd has exited, or `timeout` has passed. Returns
    /// whether the process has exited.
    [[nodiscard]] bool wait(int process, std::chrono::nanoseconds timeout) const noexcept
    {
        return sys::wait_for_answer(socket_.get(), process, timeout);
    }

private:
    sys::unique_fd socket_;
    bool can_ask_;
};

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE reload_callers::reload_callers(int socket) noexcept : socket_(socket)
{
    char question = 0;
    for (int i = 0; socket != -1 && i < 4096; ++i) { // bounded: requests may arrive as fast as they are read
        const auto asked = sys::receive_from(socket, &question, 1);
        if (asked.size == -1) {
            if (sys::is_refusal(errno)) add_strangers();
            break;
        }
        if (asked.sender.pid == -1 || (asked.sender.uid != 0 && asked.sender.uid != sys::effective_user())) continue;
        if (!add(asked.from)) break;
    }
}

DAEMONKIT_INLINE void reload_callers::answer(std::string_view refusal) const noexcept
{
    sys::short_text<longest> text;
    text += strangers_ ? "!" : refusal.empty() ? "+" : "-";
    if (!strangers_) text += refusal;
    for (const auto& caller : waiting_) sys::send_to(socket_, caller, text);
}

DAEMONKIT_INLINE void reload_callers::add_strangers() noexcept
{
    strangers_ = true;
    sys::socket_address caller{};
    for (int i = 0; i < 4096 && sys::receive_sender(socket_, caller) && add(caller); ++i) {}
}

DAEMONKIT_INLINE bool reload_call::ask() noexcept
{
    if (sys::send_connected(socket_.get(), "?") != -1) return true;
    // Another error: the daemon has exited, or its version of the library reads no requests.
    can_ask_ = errno == EAGAIN || errno == ENOMEM || errno == ENOBUFS;
    return false;
}

DAEMONKIT_INLINE reload_answer reload_call::answer(pid_t pid, const sys::deadline& until, std::string& refusal) const
{
    char text[reload_callers::longest];
    const char* const reason = text + 1;
    for (bool last = false; !last;) {
        last = until.passed();
        const auto answer = sys::receive_from(socket_.get(), text, sizeof text);
        if (answer.size == -1) return sys::is_refusal(errno) ? reload_answer::unread : reload_answer::none;
        if (answer.sender.pid != pid || answer.size == 0) continue; // from a child of the daemon that kept the socket
        if (text[0] == '+') return reload_answer::reloaded;
        if (text[0] == '!') return reload_answer::unread_there;
        refusal = sys::one_line({reason, static_cast<std::size_t>(answer.size) - 1}).view();
        if (refusal.empty()) refusal = "no reason given";
        return reload_answer::refused;
    }
    return reload_answer::none;
}

#endif

} // namespace daemonkit::detail
