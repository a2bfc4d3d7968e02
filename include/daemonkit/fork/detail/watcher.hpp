// SPDX-License-Identifier: BSL-1.0
// The work of the intermediate process on kernels where only the parent of a process learns how it died.
#pragma once

#include "../../compiled.hpp"
#include "../../core/startup_error.hpp"
#include "../../sys/process.hpp"
#include "../../sys/raw/call.hpp"
#include "../../sys/signal_mask.hpp"
#include "message.hpp"

#include <string_view>

namespace daemonkit::detail {

/// In the intermediate process, and in the child of a single fork: `call` failed with errno.
[[gnu::cold]] DAEMONKIT_INLINE void report_no_daemon(int channel, const char* call);

/// The work of the intermediate process.
struct watcher
{
    static constexpr int daemon_ended = 1; // exit status of this process

    int channel;

    void fail(const char* call) const { report_no_daemon(channel, call); }

    void prepare() const noexcept
    {
        struct sigaction wake = {};
        wake.sa_handler = [](int) {};
        sys::set_disposition(SIGCHLD, wake);
    }

    /// Until the launcher closes the channel. Reports the daemon's death, and ends the daemon if the launcher requests
    /// it. Returns the exit status of this process: daemon_ended, or 0 if the daemon goes on. Waits for SIGCHLD instead
    /// of a pidfd: pidfd_open(2) can fail, and by then the daemon may have reported that it is ready. Makes raw calls,
    /// because the launcher may share the memory and runs on.
    [[nodiscard]] int watch(pid_t daemon) const noexcept;
};

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE void report_no_daemon(int channel, const char* call)
{
    const std::string_view name = call;
    const auto e = call_error(last_error(), call,
                              name == "setsid"       ? "start a session"
                              : name == "pidfd_open" ? "watch the daemon"
                                                     : "fork the second time");
    message{.what = message::failed, .status = e.status(), .pid = sys::this_process()}.send(channel, e.what());
}

DAEMONKIT_INLINE int watcher::watch(pid_t daemon) const noexcept
{
    sigset_t all_but_sigchld = sys::all_signals(); // SIGCHLD is blocked outside of poll, so none is missed
    sigdelset(&all_but_sigchld, SIGCHLD);
    __kernel_timespec patience{1, 0};
    for (bool ending = false, killed = false;;) {
        if (const int status = sys::raw::reap(daemon); status != -1) {
            message{.what = message::died, .status = status, .pid = daemon}.send(channel);
            return daemon_ended;
        }
        pollfd launcher{ending ? -1 : channel, POLLIN, 0};
        const long n = sys::raw::poll(&launcher, 1, ending && !killed ? &patience : nullptr, &all_but_sigchld);
        if (n == -EINTR) continue;
        if (n < 0) sys::raw::nap(); // from here on it asks again and again
        if (ending) {               // one second after SIGTERM
            sys::raw::kill(daemon, SIGKILL);
            killed = true;
            continue;
        }
        message request;
        std::string_view nothing;
        const auto receipt = request.receive(channel, nothing);
        if (receipt == message::receipt::nothing) continue;
        if (receipt != message::receipt::whole) return 0; // the launcher is gone, or cannot be heard
        ending = true;
        sys::raw::kill(daemon, SIGTERM);
    }
}

#endif

} // namespace daemonkit::detail
