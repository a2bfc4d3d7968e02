// SPDX-License-Identifier: BSL-1.0
// The line to a service manager: messages to NOTIFY_SOCKET, sd_notify(3), and one newline on a descriptor that the
// manager passed, for s6, OpenRC and dinit. Sends nothing if the manager passed neither.
#pragma once

#include "../../compiled.hpp"
#include "../../core/startup_error.hpp"
#include "../../sys/environment.hpp"
#include "../../sys/notify_socket.hpp"
#include "../../sys/passed_descriptor.hpp"
#include "../../sys/private_fd.hpp"
#include "../../sys/standard_error.hpp"
#include "../../text/short_text.hpp"
#include "../../text/utf8.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace daemonkit::detail {

class service_line
{
public:
    /// In the daemon. Removes the variables from the environment, because a child could use them to send messages as
    /// the daemon. Throws startup_error, exit status 6, if the manager did not pass `ready_fd`.
    explicit service_line(int ready_fd);

    /// These must stay open when the daemon closes inherited descriptors.
    [[nodiscard]] std::array<int, 2> descriptors() const noexcept { return {socket_.descriptor(), ready_fd_.get()}; }

    /// Sends MAINPID too: the daemon may not be the process that the manager started, for example after a script.
    void ready() noexcept;

    void fail(std::string_view sentence, int error) noexcept;

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

    /// Sends READY also after a refusal, because the manager waits for it after RELOADING.
    void reloaded(std::string_view refusal) noexcept;

    void stopping() noexcept { tell({"STOPPING=1"}); }

    [[nodiscard]] std::chrono::nanoseconds watchdog_interval() const noexcept;

    std::chrono::nanoseconds alive() noexcept;

    bool store(int fd, std::string_view name) noexcept;
    void remove(std::string_view name) noexcept { tell({"FDSTOREREMOVE=1\nFDNAME=", name}); }

private:
    using datagram = sys::short_text<2048>; // systemd drops messages longer than a page

    void tell(std::initializer_list<sys::piece> pieces, sys::urgency how = sys::urgency::must_arrive) noexcept;

    sys::notify_socket socket_;
    sys::private_fd ready_fd_{};
    std::chrono::nanoseconds watchdog_interval_ = sys::forever;
    sys::deadline next_{std::chrono::nanoseconds::zero()};
    bool refused_ = false; // whether STATUS is the refusal of the last reload
};

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE service_line::service_line(int ready_fd) : socket_(sys::take_variable("NOTIFY_SOCKET").value_or(""))
{
    if (ready_fd != -1 && !sys::is_inherited(ready_fd))
        throw_bad_setting("report readiness on", sys::joined({"descriptor ", ready_fd}),
                          "it is not a pipe or socket that the service manager passed: check the number in its "
                          "configuration");
    ready_fd_.reset(ready_fd);
    if (ready_fd != -1) sys::set_close_on_exec(ready_fd);
    const auto interval = sys::number_in(sys::take_variable("WATCHDOG_USEC").value_or(""));
    const auto pid = sys::take_variable("WATCHDOG_PID");
    if (socket_ && interval > 0 && (!pid || sys::number_in(*pid) == sys::this_process()))
        watchdog_interval_ = std::chrono::microseconds(interval);
}

DAEMONKIT_INLINE void service_line::ready() noexcept
{
    tell({"READY=1\nMAINPID=", sys::this_process()});
    if (ready_fd_) {
        const sys::harmless_write reader_may_have_exited;
        sys::write_all(ready_fd_.get(), "\n");
    }
    ready_fd_.reset();
}

DAEMONKIT_INLINE void service_line::fail(std::string_view sentence, int error) noexcept
{
    const auto why = sys::one_line(sentence);
    if (error != 0)
        tell({"ERRNO=", error, "\nSTATUS=", why.view()});
    else
        tell({"STATUS=", why.view()});
}

DAEMONKIT_INLINE void service_line::reloaded(std::string_view refusal) noexcept
{
    if (!refusal.empty())
        tell({"READY=1\nSTATUS=reload refused, the old state stays: ", sys::one_line(refusal).view()});
    else
        tell({refused_ ? "READY=1\nSTATUS=" : "READY=1"});
    refused_ = !refusal.empty();
}

DAEMONKIT_INLINE std::chrono::nanoseconds service_line::watchdog_interval() const noexcept
{
    return watchdog_interval_ == sys::forever ? sys::forever : std::chrono::nanoseconds(watchdog_interval_.count() / 2);
}

DAEMONKIT_INLINE std::chrono::nanoseconds service_line::alive() noexcept
{
    if (watchdog_interval_ == sys::forever) return sys::forever;
    if (next_.passed()) {
        tell({"WATCHDOG=1"}, sys::urgency::may_be_lost); // the next ping follows
        next_ = sys::deadline(watchdog_interval());
    }
    return next_.remaining();
}

DAEMONKIT_INLINE bool service_line::store(int fd, std::string_view name) noexcept
{
    datagram message;
    for (const auto& part : {sys::piece("FDSTORE=1\nFDNAME="), sys::piece(name)}) part.append_to(message);
    return socket_.send(message, sys::urgency::must_arrive, fd);
}

DAEMONKIT_INLINE void service_line::tell(std::initializer_list<sys::piece> pieces, sys::urgency how) noexcept
{
    if (!socket_) return;
    datagram message;
    for (const auto& one : pieces) one.append_to(message);
    socket_.send(message, how);
}

#endif

} // namespace daemonkit::detail
