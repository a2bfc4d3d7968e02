// SPDX-License-Identifier: BSL-1.0
// How a reload ended, for those who asked for it. HUP carries no address, and two of them are one; so whoever wants to
// know sends a datagram to a socket of the daemon before it sends HUP, and the daemon reads it when it has taken the
// HUP and before it reloads. So each question that is read is answered by a reload that began after it was asked,
// whoever's HUP that was: many callers share one reload, and each answer is true.
//
// The socket is one that the daemon has anyhow, the bearer of its name in the kernel (pid/kernel_name.hpp): nobody
// listens, nothing wakes the daemon but HUP, and an idle one costs nothing. Anybody can send to it; answered are root
// and the user that the daemon runs as. And believed is an answer only of the process that was asked.
#pragma once

#include "../../sys/control_socket.hpp"
#include "../../text/utf8.hpp"

#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace daemonkit::detail {

/// In the daemon: those who wait for the reload that is about to begin.
class reload_callers
{
public:
    /// Reads what was asked so far. -1: nobody can ask this daemon.
    explicit reload_callers(int socket) noexcept : socket_(socket)
    {
        char question = 0;
        for (int looked = 0; socket != -1 && looked < 4096; ++looked) { // and no more, were they sent as fast
            const auto asked = sys::receive_from(socket, &question, 1);
            if (asked.size == -1) break;
            if (asked.sender.pid == -1 || (asked.sender.uid != 0 && asked.sender.uid != sys::effective_user()))
                continue;
            if (!note(asked.from)) break;
        }
    }

    /// `refusal`: empty, or why the old state stays.
    void answer(std::string_view refusal) const noexcept
    {
        sys::short_text<longest> text;
        text += refusal.empty() ? "+" : "-";
        text += refusal;
        for (const auto& caller : waiting_) sys::send_to(socket_, caller, text);
    }

    static constexpr std::size_t longest = 1024;

private:
    /// Without memory this one hears nothing, the others the next time; the daemon goes on.
    [[gnu::cold]] bool note(const sys::socket_address& caller) noexcept
    try {
        waiting_.push_back(caller);
        return true;
    } catch (const std::bad_alloc&) {
        return false;
    }

    int socket_;
    std::vector<sys::socket_address> waiting_{};
};

/// In the process that wants the reload.
class reload_call
{
public:
    /// By a socket that is connected to the daemon's, if there is one.
    explicit reload_call(sys::unique_fd socket) noexcept
        : socket_(std::move(socket)), can_ask_(static_cast<bool>(socket_))
    {
    }

    /// false: nobody reads there.
    [[nodiscard]] bool can_ask() const noexcept { return can_ask_; }

    /// Before HUP is sent. false if too many have asked and the daemon has to read first.
    [[nodiscard]] bool ask() noexcept
    {
        if (sys::send_connected(socket_.get(), "?") != -1) return true;
        can_ask_ = errno == EAGAIN; // else the daemon has gone, or is of an older make that never reads
        return false;
    }

    /// Whether the daemon `pid` has answered; `refusal` is then empty, or its reason.
    [[nodiscard]] bool answered(pid_t pid, std::string& refusal) const
    {
        char text[reload_callers::longest];
        const char* const reason = text + 1;
        for (;;) {
            const auto answer = sys::receive_from(socket_.get(), text, sizeof text);
            if (answer.size == -1) return false;
            if (answer.sender.pid != pid || answer.size == 0) continue; // a child of its that kept the socket
            refusal = sys::one_line({reason, static_cast<std::size_t>(answer.size) - 1}).view();
            if (text[0] != '+' && refusal.empty()) refusal = "no reason given";
            return true;
        }
    }

    /// Until there is something to look at, or the process of this pidfd has exited: then true.
    [[nodiscard]] bool wait(int process, std::chrono::nanoseconds timeout) const noexcept
    {
        return sys::wait_for_answer(socket_.get(), process, timeout);
    }

private:
    sys::unique_fd socket_;
    bool can_ask_;
};

} // namespace daemonkit::detail
