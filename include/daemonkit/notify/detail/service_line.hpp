// SPDX-License-Identifier: BSL-1.0
// The line to a service manager: messages to NOTIFY_SOCKET, sd_notify(3), and one newline on a descriptor that the
// manager passed, as s6, OpenRC and dinit expect it. Without both, nothing is sent.
#pragma once

#include "../../core/log_line.hpp"
#include "../../core/startup_error.hpp"
#include "../../sys/environment.hpp"
#include "../../sys/notify_socket.hpp"
#include "../../sys/passed_descriptor.hpp"
#include "../../text/short_text.hpp"
#include "../../text/utf8.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace daemonkit::detail {

class service_line
{
public:
    /// Takes its variables out of the environment, so that no child speaks or listens in the daemon's name.
    explicit service_line(int ready_fd) : socket_(sys::take_variable("NOTIFY_SOCKET").value_or(""))
    {
        if (ready_fd != -1 && !sys::is_inherited(ready_fd))
            throw_bad_setting("say that it is ready on", sys::joined({"descriptor ", ready_fd}),
                              "it is no pipe or socket that was handed over to this process");
        ready_fd_.reset(ready_fd);
        if (ready_fd != -1) sys::set_close_on_exec(ready_fd);
        const auto interval = sys::number_in(sys::take_variable("WATCHDOG_USEC").value_or(""));
        const auto whom = sys::take_variable("WATCHDOG_PID");
        if (socket_ && interval > 0 && (!whom || sys::number_in(*whom) == sys::this_process()))
            watchdog_interval_ = std::chrono::microseconds(interval);
    }

    /// The socket was opened after the fork and may lie among what is to be closed.
    [[nodiscard]] std::array<int, 2> descriptors() const noexcept { return {socket_.descriptor(), ready_fd_.get()}; }

    /// With MAINPID, for a daemon that a script has started and that is not the process the manager made.
    void ready() noexcept
    {
        tell({"READY=1\nMAINPID=", sys::this_process()});
        if (ready_fd_) {
            const sys::harmless_write whoever_waited_may_have_gone;
            sys::write_all(ready_fd_.get(), "\n");
        }
        ready_fd_.reset();
    }

    void fail(std::string_view sentence, int error) noexcept
    {
        const auto why = sys::one_line(sentence);
        if (error != 0)
            tell({"ERRNO=", error, "\nSTATUS=", why.view()});
        else
            tell({"STATUS=", why.view()});
    }
    void complain(std::string_view text) noexcept { stderr_log(log_level::warning, text); } // NOLINT(*-static)

    void extend(std::chrono::nanoseconds more) noexcept
    {
        tell({"EXTEND_TIMEOUT_USEC=", std::chrono::duration_cast<std::chrono::microseconds>(more).count()});
    }

    void status(std::string_view text) noexcept
    {
        tell({"STATUS=", sys::one_line(text).view()}, sys::urgency::may_be_lost);
        refused_ = false;
    }

    void reloading() noexcept { tell({"RELOADING=1\nMONOTONIC_USEC=", sys::monotonic_microseconds()}); }

    /// READY on every path: who hears RELOADING waits for it.
    void reloaded(std::string_view refusal) noexcept
    {
        if (!refusal.empty())
            tell({"READY=1\nSTATUS=reload refused, the old state stays: ", sys::one_line(refusal).view()});
        else
            tell({refused_ ? "READY=1\nSTATUS=" : "READY=1"});
        refused_ = !refusal.empty();
    }

    void stopping() noexcept { tell({"STOPPING=1"}); }

    [[nodiscard]] std::chrono::nanoseconds watchdog_interval() const noexcept
    {
        return watchdog_interval_ == sys::forever ? sys::forever
                                                  : std::chrono::nanoseconds(watchdog_interval_.count() / 2);
    }

    std::chrono::nanoseconds alive() noexcept
    {
        if (watchdog_interval_ == sys::forever) return sys::forever;
        if (next_.passed()) {
            tell({"WATCHDOG=1"}, sys::urgency::may_be_lost); // the next one comes
            next_ = sys::deadline(watchdog_interval());
        }
        return next_.remaining();
    }

    bool store(int fd, std::string_view name) noexcept
    {
        datagram message;
        for (const auto& part : {sys::piece("FDSTORE=1\nFDNAME="), sys::piece(name)}) part.append_to(message);
        return socket_.send(message, sys::urgency::must_arrive, fd);
    }
    void remove(std::string_view name) noexcept { tell({"FDSTOREREMOVE=1\nFDNAME=", name}); }

private:
    using datagram = sys::short_text<2048>; // systemd drops what is longer than a page

    void tell(std::initializer_list<sys::piece> pieces, sys::urgency how = sys::urgency::must_arrive) noexcept
    {
        if (!socket_) return;
        datagram message;
        for (const auto& one : pieces) one.append_to(message);
        socket_.send(message, how);
    }

    sys::notify_socket socket_;
    sys::unique_fd ready_fd_{};
    std::chrono::nanoseconds watchdog_interval_ = sys::forever;
    sys::deadline next_{std::chrono::nanoseconds::zero()};
    bool refused_ = false; // and what that said is the status still
};

} // namespace daemonkit::detail
