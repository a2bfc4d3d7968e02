// SPDX-License-Identifier: BSL-1.0
// The link of the policies that fork. The origin waits on a socket, and on the pidfd of a daemon that is its child, so
// it hears what the daemon says and notices a death in the moment it happens, without waiting for any deadline.
//
// With two forks the daemon is the origin's grandchild, and only a parent may learn how a process died. So the
// middle child stays until the daemon is ready, passes a death on, and leaves: the daemon's parent is init (or the
// nearest subreaper) before start() returns. A middle child that exits at once, as in daemon(7), cannot tell.
#pragma once

#include "../../core/start_result.hpp"
#include "../../core/startup_error.hpp"
#include "../../sys/channel.hpp"
#include "../../sys/deadline.hpp"
#include "../../sys/process.hpp"
#include "../../sys/raw/call.hpp"
#include "../../sys/raw/shared_memory.hpp"
#include "../../sys/signal_mask.hpp"
#include "listen.hpp"
#include "message.hpp"

#include <utility>

namespace daemonkit::detail {

class launcher_link
{
public:
    enum class forks { once, twice };

    /// Forks, and returns in the origin and in the daemon, which is in a session of its own by then. Throws
    /// startup_error in the origin if no process could be made.
    launcher_link(forks times, std::chrono::nanoseconds deadline) : times_(times), deadline_(deadline)
    {
        require_positive(deadline);
        sys::unique_fd other_end;
        check_call(sys::open_channel(channel_, other_end), "open the channel to the daemon");
        sys::flush_streams();
        child_ = check_call(times == forks::once ? sys::fork_once() : fork_twice(other_end.get()), "fork");
        if (child_ == 0) {
            channel_ = std::move(other_end);
            waitable_.end();
            return;
        }
        if (times == forks::twice) return;
        exit_.reset(sys::pidfd_open(child_));
        if (!exit_) {
            const int error = errno;
            sys::send_signal(child_, SIGKILL);
            sys::collect(child_);
            errno = error;
            throw_errno("watch the daemon");
        }
    }

    [[nodiscard]] bool in_launcher() const noexcept { return child_ != 0; }
    [[nodiscard]] int descriptor() const noexcept { return channel_.get(); }

    void ready() noexcept
    {
        tell_ready(channel_);
        // So the middle child, which has the same end, leaves while the origin wakes and not after that.
        if (times_ == forks::twice) sys::end_channel(channel_.get());
        channel_.reset();
        if (times_ == forks::twice) sys::intermediate_stack.free_pages(); // now that nobody waits for it
    }
    void fail(std::string_view sentence, int status) noexcept { tell_failure(channel_, sentence, status); }
    void extend(std::chrono::nanoseconds more) noexcept { tell_extension(channel_, more); }

    template <class Progress>
    [[nodiscard]] start_report wait(Progress progress)
    {
        const auto waitable = std::move(waitable_); // no longer than this
        message heard;
        std::string_view sentence;
        switch (listen(channel_.get(), exit_.get(), deadline_, progress, heard, sentence)) {
        case start_verdict::late: return give_up();
        case start_verdict::ended:
            if (exit_) return died(sys::reap(child_), child_);
            sys::collect(child_); // it has closed the channel, and may be on its way still
            return died(-1, 0);   // how a middle child ended says nothing
        case start_verdict::spoke: break;
        }
        if (heard.what == message::failed) {
            see_off(std::chrono::seconds(1)); // it undoes what it did and goes; a longer main() is not waited for
            return {start_outcome::failed, heard.status, heard.pid, std::string(sentence)};
        }
        if (times_ == forks::twice) see_off({});
        if (heard.what == message::died) return died(heard.status, heard.pid);
        return {start_outcome::ready, exit_status::done, heard.pid, {}};
    }

private:
    /// Returns in the origin and in the daemon.
    static pid_t fork_twice(int channel) noexcept
    {
        return sys::double_forker([channel](pid_t daemon, void (*resume)()) {
            if (daemon == -1) return say_no_fork(channel, last_error());
            if (!sys::leave_descriptors(channel)) return; // whoever cannot hear must not wait
            struct sigaction wake = {};
            wake.sa_handler = [](int) {};
            sys::set_disposition(SIGCHLD, wake);
            resume();
            watch(daemon, channel);
        })();
    }

    [[gnu::cold]] static void say_no_fork(int channel, std::error_code error)
    {
        message{.what = message::failed, .status = exit_status::error, .pid = sys::this_process()}.send(
            channel, startup_error(error, "fork the second time").what());
    }

    /// In the middle child, until the origin has heard enough: passes the daemon's death on, and ends the daemon
    /// where the origin asks for it. By SIGCHLD and not by a pidfd, which may not be had: it would be too late to fail
    /// then, as the daemon may have said that it is ready. Its memory may be the origin's, which goes on: raw calls.
    static void watch(pid_t daemon, int channel) noexcept
    {
        sigset_t all_but_that = sys::all_signals(); // which are blocked here, so that none is missed before the poll
        sigdelset(&all_but_that, SIGCHLD);
        __kernel_timespec patience{1, 0};
        for (bool asked = false, killed = false;;) {
            if (const int status = sys::raw::reap(daemon); status != -1) {
                message{.what = message::died, .status = status, .pid = daemon}.send(channel);
                return;
            }
            pollfd origin{asked ? -1 : channel, POLLIN, 0};
            const long n = sys::raw::poll(&origin, 1, asked && !killed ? &patience : nullptr, &all_but_that);
            if (n == 0) { // it was asked, and had a second
                sys::raw::kill(daemon, SIGKILL);
                killed = true;
            }
            if (n <= 0) continue;
            message request;
            std::string_view nothing;
            const auto receipt = request.receive(channel, nothing);
            if (receipt == message::receipt::end) return;
            if (receipt == message::receipt::nothing) continue;
            asked = true;
            sys::raw::kill(daemon, SIGTERM);
        }
    }

    /// TERM, and KILL after a second.
    static void end(int pidfd) noexcept
    {
        sys::pidfd_send_signal(pidfd, SIGTERM);
        if (!sys::readable_within(pidfd, std::chrono::seconds(1))) sys::pidfd_send_signal(pidfd, SIGKILL);
    }

    /// In the origin: waits so long for a failed daemon to leave by itself. A middle child tells of it, and leaves for
    /// certain, as it sees this end of the channel closed.
    void see_off(std::chrono::nanoseconds patience) noexcept
    {
        const bool gone =
            patience > patience.zero() && sys::readable_within(exit_ ? exit_.get() : channel_.get(), patience);
        channel_.reset();
        if (gone || !exit_) sys::collect(child_);
    }

    [[nodiscard, gnu::cold]] start_report give_up() noexcept
    {
        // Only its parent knows the daemon's pid; where somebody has killed the middle child, nobody does any more.
        const bool alone = !exit_ && sys::reap(child_) != -1;
        if (exit_)
            end(exit_.get());
        else
            message{.what = message::give_up}.send(channel_.get());
        if (!alone) sys::collect(child_);
        return {start_outcome::late, exit_status::error, 0, late_sentence(deadline_, alone)};
    }

    [[nodiscard, gnu::cold]] static start_report died(int wait_status, pid_t pid)
    {
        return {start_outcome::died, sys::exit_status_of(wait_status), pid,
                sys::joined({"the daemon ", sys::description_of_death(wait_status).view(), " before it was ready"})};
    }

    forks times_;
    std::chrono::nanoseconds deadline_;
    sys::waitable_children waitable_; // in the origin and the middle child
    sys::unique_fd channel_;
    pid_t child_ = -1;
    sys::unique_fd exit_; // of a daemon that is its child
};

} // namespace daemonkit::detail
