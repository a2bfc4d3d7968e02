// SPDX-License-Identifier: BSL-1.0
// The link of the policies that fork. The launcher waits on a socket, and on the pidfd of a daemon that is its child.
// So it receives the daemon's messages, and learns of its death at once instead of at the deadline. A signal that would
// end the launcher meanwhile ends the daemon first.
//
// With two forks the daemon is the launcher's grandchild. Since Linux 6.15 its pidfd tells how it died, so the
// intermediate process exits at once, as in daemon(7). Before that only its parent can learn how it died. So there the
// intermediate process lives until the daemon is ready, and reports its death. Then it exits: in both cases the daemon's
// parent is init (or the nearest subreaper) before start() returns.
#pragma once

#include "../../compiled.hpp"
#include "../../core/start_result.hpp"
#include "../../core/startup_error.hpp"
#include "../../sys/channel.hpp"
#include "../../sys/deadline.hpp"
#include "../../sys/death.hpp"
#include "../../sys/process.hpp"
#include "../../sys/raw/call.hpp"
#include "../../sys/raw/double_forker.hpp"
#include "../../sys/signal_mask.hpp"
#include "listen.hpp"
#include "message.hpp"
#include "watcher.hpp"

#include <utility>

namespace daemonkit::detail {

class launcher_link
{
public:
    enum class forks { once, twice };

    /// Forks, and returns in the launcher and in the daemon, which then has a session of its own. Throws startup_error
    /// in the launcher if no process could be made.
    launcher_link(forks times, std::chrono::nanoseconds deadline);

    [[nodiscard]] bool in_launcher() const noexcept { return child_ != 0; }
    [[nodiscard]] int descriptor() const noexcept { return channel_.get(); }

    void ready() noexcept;
    void fail(std::string_view sentence, int status) noexcept { tell_failure(channel_, sentence, status); }
    void extend(std::chrono::nanoseconds more) noexcept { tell_extension(channel_, more); }
    void status(std::string_view line) noexcept { tell_status(channel_, line); }

    /// `mask`: the signals that stay blocked meanwhile, and are blocked afterwards.
    template <class Progress>
    [[nodiscard]] start_report wait(Progress progress, const sigset_t& mask = sys::current_mask())
    {
        const auto waitable = std::move(waitable_); // restores SIGCHLD at the end of the wait
        const sys::raw::cancelling_signals cancelling(mask);
        message received;
        std::string_view sentence;
        const auto verdict =
            listen({launcher_end_.get(), exit_.get(), cancelling.fd()}, deadline_, progress, received, sentence);
        switch (verdict) {
        case start_verdict::late:
        case start_verdict::cancelled: {
            const int signal = received.status;
            const char* const end = end_daemon(received);
            if (end == nullptr) return {start_outcome::ready, exit_status::done, received.pid, {}};
            const bool late = verdict == start_verdict::late;
            return {late ? start_outcome::late : start_outcome::cancelled,
                    exit_status::error,
                    0,
                    late ? late_sentence(deadline_, end) : cancelled_sentence(signal, end),
                    0,
                    end == was_not_ended};
        }
        case start_verdict::ended:
            if (exit_) return died(is_child() ? sys::reap(child_) : sys::wait_status_of(exit_.get(), child_), child_);
            return died_unwatched(collect()); // it has closed the channel, but may not have exited yet
        case start_verdict::reported: break;
        }
        if (received.what == message::failed) {
            collect_child(std::chrono::seconds(1)); // lets the daemon clean up; a longer main() is not waited for
            return {start_outcome::failed, received.status, received.pid, std::string(sentence)};
        }
        if (times_ == forks::twice) collect_child({});
        if (received.what == message::died) return died(received.status, received.pid);
        return {start_outcome::ready, exit_status::done, received.pid, {}};
    }

private:
    /// Returns in the launcher and in the daemon.
    pid_t fork_twice(int channel) noexcept;

    /// Whether child_ is a child of the launcher: not a grandchild that has a pidfd instead.
    [[nodiscard]] bool is_child() const noexcept { return times_ == forks::once || !exit_; }

    /// In the child. The launcher releases the instance.
    [[noreturn, gnu::cold]] void end_without_session() const
    {
        report_no_daemon(channel_.get(), "setsid");
        sys::exit_now(exit_status::error);
    }

    /// In the launcher: waits for `patience` until a failed daemon exits, then collects its child if that has exited.
    /// The child may be the intermediate process, which always exits when this end of the channel is closed.
    void collect_child(std::chrono::nanoseconds patience) noexcept;

    /// Waits for the end of the child. Returns its wait status, -1 if it is not known.
    int collect() noexcept;

    /// Sends SIGTERM, and SIGKILL after one second. Only the intermediate process knows the pid of a grandchild: if it
    /// was killed, the daemon cannot be ended. Returns what was done, for the message; null if a grandchild has become
    /// ready meanwhile, so that the intermediate process has left it: `received` has its pid.
    [[nodiscard, gnu::cold]] const char* end_daemon(message& received) noexcept;

    [[nodiscard, gnu::cold]] static std::string cancelled_sentence(int signal, const char* end)
    {
        return sys::joined({start_cancelled_by, ::sigabbrev_np(signal), ", and the daemon ", end});
    }

    [[nodiscard, gnu::cold]] static start_report died(int wait_status, pid_t pid);

    /// The intermediate process has ended, with this wait status, and so has the daemon. The daemon's wait status is
    /// lost.
    [[nodiscard, gnu::cold]] static start_report died_unwatched(int wait_status);

    forks times_;
    std::chrono::nanoseconds deadline_;
    sys::waitable_children waitable_; // in the launcher and the intermediate process
    sys::unique_fd launcher_end_;     // in the launcher
    sys::private_fd channel_;         // in the daemon
    sys::private_stack stack_{};      // of the intermediate process
    pid_t child_ = -1;
    sys::unique_fd exit_;  // pidfd of the daemon
    bool watched_ = false; // by the intermediate process
    int left_ = -1;        // wait status of an intermediate process that has left
};

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE launcher_link::launcher_link(forks times, std::chrono::nanoseconds deadline)
    : times_(times), deadline_(deadline)
{
    require_positive(deadline);
    sys::unique_fd daemon_end;
    check_call_of("socketpair", sys::open_channel(launcher_end_, daemon_end), "open the channel to the daemon");
    sys::flush_streams();
    child_ = check_call_of("clone", times == forks::once ? sys::fork_once() : fork_twice(daemon_end.get()), "fork");
    if (child_ == 0) {
        launcher_end_.reset();
        channel_.reset(daemon_end.release());
        waitable_.end();
        if (times == forks::once && sys::new_session() == -1) end_without_session();
        return;
    }
    if (times == forks::twice) return;
    exit_.reset(sys::pidfd_open(child_));
    if (!exit_) {
        const auto error = last_error();
        sys::send_signal(child_, SIGKILL);
        sys::collect(child_);
        throw call_error(error, "pidfd_open", "watch the daemon");
    }
}

DAEMONKIT_INLINE void launcher_link::ready() noexcept
{
    tell_ready(channel_);
    // Wakes the intermediate process, which has a copy of this end, together with the launcher: both exit sooner.
    if (watched_) sys::end_channel(channel_.get());
    channel_.reset();
    stack_.unmap(); // the daemon's copy; last, because the launcher need not wait for it
}

DAEMONKIT_INLINE pid_t launcher_link::fork_twice(int channel) noexcept
{
    sys::double_forker forker(channel, watcher{channel}, stack_, exit_);
    const pid_t child = forker();
    watched_ = !forker.leaves();
    left_ = forker.wait_status();
    return child;
}

DAEMONKIT_INLINE void launcher_link::collect_child(std::chrono::nanoseconds patience) noexcept
{
    const bool gone =
        patience > patience.zero() && sys::readable_within(exit_ ? exit_.get() : launcher_end_.get(), patience);
    launcher_end_.reset();
    if (gone || !exit_) collect();
}

DAEMONKIT_INLINE int launcher_link::collect() noexcept
{
    if (!is_child()) return -1;
    int status = left_;
    if (sys::raw::retry(SYS_wait4, child_, sys::raw::address(&status)) == child_)
        stack_.unmap(); // no process runs on it any more
    return status;
}

DAEMONKIT_INLINE const char* launcher_link::end_daemon(message& received) noexcept
{
    if (!is_child()) {
        sys::pidfd_send_signal(exit_.get(), SIGTERM);
        if (!sys::readable_within(exit_.get(), std::chrono::seconds(1))) {
            sys::pidfd_send_signal(exit_.get(), SIGKILL);
            sys::readable_within(exit_.get(), sys::forever);
        }
        return was_ended;
    }
    if (exit_) { // a child that was not collected: no other process has its pid
        sys::send_signal(child_, SIGTERM);
        if (!sys::readable_within(exit_.get(), std::chrono::seconds(1))) sys::send_signal(child_, SIGKILL);
        collect();
        return was_ended;
    }
    bool collected = sys::reap(child_) != -1;
    if (collected) {
        stack_.unmap();
    } else if (message{.what = message::end_daemon}.send(launcher_end_.get())) {
        const int status = collect();
        if (status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == watcher::daemon_ended) return was_ended;
        collected = true;
    }
    std::string_view sentence;
    while (received.receive(launcher_end_.get(), sentence) == message::receipt::whole) {
        if (received.what == message::extend || received.what == message::says) continue;
        launcher_end_.reset(); // the intermediate process exits then
        if (!collected) collect();
        return received.what == message::ready ? nullptr : was_ended; // or it ended by itself
    }
    return was_not_ended; // the intermediate process may still run on the stack
}

DAEMONKIT_INLINE start_report launcher_link::died(int wait_status, pid_t pid)
{
    return {start_outcome::died, sys::exit_status_of(wait_status), pid,
            sys::joined({"the daemon ", sys::description_of_death(wait_status).view(), " before it was ready"})};
}

DAEMONKIT_INLINE start_report launcher_link::died_unwatched(int wait_status)
{
    auto report = died(-1, 0);
    if (wait_status != -1 && WIFSIGNALED(wait_status))
        ((report.message += "; its parent process ") += sys::description_of_death(wait_status).view());
    return report;
}

#endif

} // namespace daemonkit::detail
