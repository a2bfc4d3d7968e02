// SPDX-License-Identifier: BSL-1.0
// The part of a life that the launcher takes part in: the fork, and the wait for the daemon.
#pragma once

#include "../../compiled.hpp"
#include "../../control/detail/stop.hpp"
#include "../../core/pid_holder.hpp"
#include "../../core/start_result.hpp"
#include "../../sys/deadline.hpp"
#include "../../sys/process.hpp"
#include "../../sys/signal_mask.hpp"
#include "../../text/joined.hpp"
#include "process_setup.hpp"
#include "runtime.hpp"

#include <exception>
#include <string>

namespace daemonkit::detail {

/// For a launcher that does not return.
[[noreturn, gnu::cold]] DAEMONKIT_INLINE void end_launcher(const std::string& name, const start_report& report);

template <class Derived, class DaemonPolicies, class DaemonSettings>
class launching
{
    using fork = typename DaemonPolicies::fork;
    using link_type = typename DaemonPolicies::link;
    using own_runtime = runtime<Derived, DaemonPolicies>;

protected:
    launching(own_runtime& state, const DaemonSettings& s, bool in_foreground) noexcept
        : state_(state), s_(s), in_foreground_(in_foreground)
    {
    }

    [[nodiscard]] bool forks() const noexcept { return fork::detaches && !in_foreground_; }

    [[nodiscard]] bool in_launcher() const noexcept
    {
        if constexpr (fork_link_to_launcher<link_type>)
            return state_.link_ && state_.link_->in_launcher();
        else
            return false;
    }

    /// All signals are blocked from before the claim: a signal that ends the launcher waits until the launcher can undo
    /// everything. In the daemon they stay blocked after the fork, until live() sets a mask.
    /// Beside a daemon that stops, waits for its end, at most as long as for the daemon to be ready.
    template <class Progress>
    void claim_and_detach([[maybe_unused]] Progress& progress)
    {
        if constexpr (fork::detaches)
            if (!in_foreground_) {
                if constexpr (!waits_for_end<Progress>)
                    return claim_blocked();
                else
                    return claim_after_others(progress);
            }
        claim();
        if constexpr (DaemonPolicies::signal::claims_signals) state_.child_mask_ = sys::current_mask();
    }

    template <class Progress>
    start_report wait_for_daemon([[maybe_unused]] Progress& progress)
    {
        start_report report = [&] {
            if constexpr (std::is_same_v<Progress, no_launcher> || !fork_link_to_launcher<link_type>) {
                return start_report{};
            } else if constexpr (has_role<typename DaemonPolicies::identity>) {
                std::string role;
                auto result = wait_on_link(role_listener<Progress>{&progress, &role});
                if (result.outcome == start_outcome::late && !role.empty()) {
                    result.message = sys::joined({role, "; ", result.message});
                    if (!result.lives_on) result.status = exit_status::identity_lost;
                }
                return result;
            } else {
                return wait_on_link(progress);
            }
        }();
        if (report.outcome == start_outcome::ready || report.lives_on) state_.identity().release();
        if (report.outcome == start_outcome::ready) add_details(report);
        if (report.outcome == start_outcome::late) (report.message += ": ") += late_advice;
        return report;
    }

    /// Beside a daemon that runs. Success for the verb start, LSB 3.1, section 20.2. An error for the verb run, which
    /// then runs nothing, and beside a daemon that has not ended in time.
    [[nodiscard, gnu::cold]] start_report beside(const already_running& e) const
    {
        return {e.stopping() ? start_outcome::failed : start_outcome::already_running,
                e.stopping() || in_foreground_ ? exit_status::error : exit_status::done, e.pid(), e.reason()};
    }

    own_runtime& state_;
    const DaemonSettings& s_;
    bool in_foreground_;

private:
    template <class Progress>
    start_report wait_on_link(Progress progress)
    {
        if constexpr (waits_with_mask<link_type>)
            return state_.link_->wait(progress, mask_);
        else
            return state_.link_->wait(progress);
    }

    /// Keeps the line that a daemon said last while it stood by.
    template <class Progress>
    struct role_listener
    {
        Progress* inner;
        std::string* role;

        void operator()(std::chrono::nanoseconds elapsed, std::string_view line) const
        {
            *role = line;
            if constexpr (shows_status<Progress>)
                (*inner)(elapsed, line);
            else
                (*inner)(elapsed);
        }
    };

    /// What the policy says of a daemon that is ready.
    void add_details([[maybe_unused]] start_report& report) const
    {
        if constexpr (has_details<typename DaemonPolicies::pid>) try {
                if (const auto daemon = s_.pid.find()) report.message = s_.pid.details(daemon).text;
            } catch (const std::exception&) {
                return; // status says why
            }
    }

    void claim()
    {
        state_.identity_.make([&] { return s_.pid.claim(); });
    }

    template <class Progress>
    static constexpr bool waits_for_end = !std::is_same_v<Progress, no_launcher> && requires(const DaemonSettings& s) {
        s.fork.deadline;
        s.pid.find();
    };

    void claim_blocked()
    {
        sys::blocked_signals blocked(sys::all_signals());
        claim();
        detach(blocked);
    }

    template <class Progress>
    void claim_after_others(Progress& progress)
    {
        for (const sys::deadline until(s_.fork.deadline);;) { // the next daemon can be about to stop, too
            try {
                return claim_blocked();
            } catch (const already_running& other) {
                if (!has_ended(other, until, progress)) throw;
            }
        }
    }

    template <class Progress>
    [[nodiscard, gnu::cold]] bool has_ended(const already_running& other, const sys::deadline& until,
                                            Progress& progress) const
    {
        if (!other.stopping() || other.pid() == sys::this_process() || until.passed()) return false;
        const auto daemon = s_.pid.find(); // another one may have taken its place
        return daemon.pid != other.pid() || gone_within(daemon.process, until.remaining(), progress);
    }

    void detach(sys::blocked_signals& blocked)
    {
        process_setup::prepare_to_fork(); // again: claim() is code of the policy
        // daemon(7), step 3: nothing is blocked. A daemon that receives no signals keeps the inherited mask.
        state_.child_mask_ = DaemonPolicies::signal::claims_signals ? sys::no_signals() : blocked.before();
        if constexpr (leaves_no_launcher<fork>) {
            const launcher_plan plan{blocked.before(), state_.identity().removal(), late_advice,
                                     has_role<typename DaemonPolicies::identity>};
            state_.link_.make([&] { return s_.fork.detach(plan); });
            state_.identity().take_over();
        } else {
            state_.link_.make([&] { return s_.fork.detach(); });
        }
        mask_ = blocked.before();
        if (!in_launcher() || waits_with_mask<link_type>) blocked.keep();
    }

    static constexpr const char* late_advice = announces_ready<Derived>()
                                                   ? "run() has not called ready(), but the class sets "
                                                     "announces_ready; call ready() when the daemon is ready, "
                                                     "or extend() while it starts, or set a longer deadline"
                                                   : "set a longer deadline, or call extend() while the daemon starts";

    sigset_t mask_{}; // of the launcher
};

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE void end_launcher(const std::string& name, const start_report& report)
{
    if (!report.message.empty())
        sys::write_all(report.status == exit_status::done ? 1 : 2, sys::joined({name, ": ", report.message, "\n"}));
    sys::flush_streams();
    sys::exit_now(report.status);
}

#endif

} // namespace daemonkit::detail
