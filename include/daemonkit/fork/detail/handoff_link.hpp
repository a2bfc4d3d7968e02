// SPDX-License-Identifier: BSL-1.0
// The link of handoff_fork, and the launcher that handed its memory over. The launcher waits on a small stack for
// messages from the daemon, prints in one line how the start ended, and exits. It makes raw calls only, because the
// memory belongs to the daemon. A daemon that died may have left that memory in any state.
#pragma once

#include "../../compiled.hpp"
#include "../../core/launcher_plan.hpp"
#include "../../core/startup_error.hpp"
#include "../../sys/channel.hpp"
#include "../../sys/fork_handler.hpp"
#include "../../sys/process.hpp"
#include "../../sys/raw/memory_handover.hpp"
#include "../../sys/raw/removal.hpp"
#include "../../text/utf8.hpp"
#include "listen.hpp"
#include "message.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace daemonkit::detail {

/// The Progress of a launcher without memory: like sys::ticker, by raw calls.
struct raw_ticker
{
    std::string_view name; // and ": "
    bool announces;
    bool has_shown = false;
    sys::short_text<message::longest> said{}; // the last line of the daemon

    void operator()(std::chrono::nanoseconds elapsed, std::string_view line) noexcept;
    void wipe() const noexcept
    {
        if (has_shown) sys::raw::write(2, "\r\033[K");
    }
};

/// The launcher after it handed its memory over.
struct parked_launcher
{
    using text = sys::short_text<2 * message::longest + 512>;

    int channel;
    int daemon_channel; // the daemon's end, of which the launcher has a copy
    std::chrono::nanoseconds deadline;
    bool announces;
    bool tells_role;
    sigset_t mask;   // blocked while it waits
    sigset_t ending; // cancel the start while it waits
    sys::raw_removal removal;
    sys::short_text<256> name; // and ": "
    sys::short_text<256> late;

    /// Returns the exit status.
    int operator()(pid_t daemon) const noexcept;

private:
    /// Waits for the end of the start. Returns the exit status, and appends the sentence to `line`.
    int wait_for_start(pid_t daemon, int signals, text& line) const noexcept;

    static void end(pid_t daemon, int process) noexcept;

    static bool exits_within_a_second(int process) noexcept;
};

class handoff_link
{
public:
    /// Returns in the daemon. Throws startup_error in the launcher if no process could be made.
    handoff_link(std::chrono::nanoseconds deadline, bool announces, const std::string& name, const launcher_plan& plan);

    [[nodiscard]] int descriptor() const noexcept { return channel_.get(); }

    void ready() noexcept
    {
        tell_ready(channel_);
        channel_.reset();
    }
    void fail(std::string_view sentence, int status) noexcept { tell_failure(channel_, sentence, status); }
    void extend(std::chrono::nanoseconds more) noexcept { tell_extension(channel_, more); }
    void status(std::string_view line) noexcept { tell_status(channel_, line); }

private:
    [[noreturn]] static void refuse();

    sys::private_fd channel_;
};

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE void raw_ticker::operator()(std::chrono::nanoseconds elapsed, std::string_view line) noexcept
{
    said = sys::short_text<message::longest>(line);
    const unsigned width = announces ? sys::raw::columns(2) : 0;
    if (width == 0) return;
    has_shown = true;
    sys::short_text<message::longest + 512> text(name);
    ((text += "starting, ") += sys::decimal(elapsed.count() / 1'000'000'000)) += " s";
    if (!line.empty()) (text += ": ") += line;
    sys::raw::write(2, "\r");
    sys::raw::write(2, sys::first_characters(text, width - 1));
    sys::raw::write(2, "\033[K");
}

DAEMONKIT_INLINE int parked_launcher::operator()(pid_t daemon) const noexcept
{
    sys::raw::default_handlers();
    const sys::raw::held_signals cancelling(ending, mask);
    sys::raw::close(daemon_channel);
    text line{name};
    const int status = wait_for_start(daemon, cancelling.fd(), line);
    line += "\n";
    const bool good = status == exit_status::done;
    if (!good || announces) sys::raw::write(good ? 1 : 2, line);
    return status;
}

DAEMONKIT_INLINE int parked_launcher::wait_for_start(pid_t daemon, int signals, text& line) const noexcept
{
    const long child_exit = sys::raw::pidfd_open(daemon);
    if (child_exit < 0) {
        sys::raw::kill(daemon, SIGKILL);
        sys::raw::retry(SYS_wait4, daemon, 0, 0);
        removal();
        line += "cannot watch the daemon: ";
        if (const int error = static_cast<int>(-child_exit); sys::is_refusal(error))
            (line += "the system call pidfd_open") += refused_here;
        else
            line += ::strerrordesc_np(error);
        return exit_status::error;
    }
    message received;
    std::string_view sentence;
    raw_ticker progress{name, announces};
    const int process = static_cast<int>(child_exit);
    const auto verdict = listen({channel, process, signals}, deadline, progress, received, sentence);
    progress.wipe();
    const std::string_view role = tells_role ? progress.said.view() : std::string_view();
    switch (verdict) {
    case start_verdict::late:
        end(daemon, process);
        removal();
        if (!role.empty()) (line += role) += "; ";
        line += late;
        return role.empty() ? exit_status::error : exit_status::identity_lost;
    case start_verdict::cancelled:
        end(daemon, process);
        removal();
        (((line += start_cancelled_by) += ::sigabbrev_np(received.status)) += ", and the daemon ") += was_ended;
        return exit_status::error;
    case start_verdict::ended: {
        const int wait_status = sys::raw::reap(daemon);
        removal();
        ((line += "the daemon ") += sys::description_of_death(wait_status)) += " before it was ready";
        return sys::exit_status_of(wait_status);
    }
    case start_verdict::reported: break;
    }
    if (received.what == message::failed) {
        exits_within_a_second(process); // lets the daemon clean up; a main() that takes longer is not waited for
        line += sentence;
        return received.status;
    }
    ((line += "started (pid ") += sys::decimal(daemon)) += ")";
    if (!role.empty()) (line += "; ") += role;
    return exit_status::done;
}

DAEMONKIT_INLINE void parked_launcher::end(pid_t daemon, int process) noexcept
{
    sys::raw::kill(daemon, SIGTERM);
    if (!exits_within_a_second(process)) sys::raw::kill(daemon, SIGKILL);
    sys::raw::retry(SYS_wait4, daemon, 0, 0);
}

DAEMONKIT_INLINE bool parked_launcher::exits_within_a_second(int process) noexcept
{
    pollfd exited{process, POLLIN, 0};
    __kernel_timespec second{1, 0};
    while (sys::raw::poll(&exited, 1, &second) == -EINTR) {}
    return exited.revents != 0;
}

DAEMONKIT_INLINE handoff_link::handoff_link(std::chrono::nanoseconds deadline, bool announces, const std::string& name,
                                            const launcher_plan& plan)
{
    sigset_t mask = plan.mask;
    require_positive(deadline);
    if (!sys::memory_can_be_shared()) refuse();
    if (sys::fork_handler::any())
        throw startup_error(std::make_error_code(std::errc::device_or_resource_busy), "start the daemon process", {},
                            "handoff_fork would end the daemon that this process is: use double_fork, or start it "
                            "in a child made by fork()");
    const sys::waitable_children waitable; // for the launcher; destroyed in the daemon
    sys::unique_fd launcher_end;
    sys::unique_fd daemon_end;
    check_call_of("socketpair", sys::open_channel(launcher_end, daemon_end), "open the channel to the daemon");
    sys::flush_streams();
    // Their default action dumps core, signal(7), which kills every process that shares the memory.
    for (const int signal : {SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGXCPU, SIGXFSZ, SIGSYS})
        sigaddset(&mask, signal);
    parked_launcher launcher{launcher_end.get(),
                             daemon_end.get(),
                             deadline,
                             announces,
                             plan.tells_role,
                             mask,
                             sys::raw::ending_signals(plan.mask, true),
                             plan.removal,
                             {},
                             {}};
    (launcher.name += name.empty() ? std::string_view(sys::program_name()) : name) += ": ";
    ((launcher.late += late_sentence(deadline, was_ended)) += ": ") += plan.late_advice;
    sys::memory_handover handover(launcher);
    if (const int error = handover(); error == ENOTSUP)
        refuse();
    else if (error != 0)
        throw call_error({error, std::system_category()}, handover.failed_call(), "start the daemon process");
    channel_.reset(daemon_end.release());
}

DAEMONKIT_INLINE void handoff_link::refuse()
{
    throw startup_error(std::make_error_code(std::errc::not_supported), "start the daemon process", {},
                        "handoff_fork does not work with sanitizers, valgrind, shadow stacks, or an unknown C "
                        "library, kernel or processor: use double_fork");
}

#endif

} // namespace daemonkit::detail
