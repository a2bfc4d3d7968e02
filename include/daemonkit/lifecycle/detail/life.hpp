// SPDX-License-Identifier: BSL-1.0
// The life of a daemon, in this order:
//
//   claim the instance, detach, connect to the service manager, install signals, set up the process, publish the pid,
//   redirect stdio, on_start(), drop privileges, ready, run(), on_stop(), and release everything in reverse order.
//
// Each step that acquires something puts a guard into the runtime. So a failed start, an exception and a normal end are
// cleaned up alike. The instance is claimed before the first fork: a start that is refused has made no process.
#pragma once

#include "../../control/detail/failure.hpp"
#include "../../core/startup_error.hpp"
#include "../../sys/cancellation.hpp"
#include "../../sys/raw/dispositions.hpp"
#include "heard_signals.hpp"
#include "process_setup.hpp"
#include "runtime.hpp"

#include <array>
#include <string>
#include <utility>

namespace daemonkit::detail {

template <class DaemonSettings>
[[nodiscard]] std::string name_of(const DaemonSettings& s)
{
    return s.process.name.empty() ? sys::joined({sys::program_name()}) : s.process.name;
}

template <class Derived, class DaemonPolicies, class DaemonSettings>
class life
{
    using fork = typename DaemonPolicies::fork;
    using signal = typename DaemonPolicies::signal;
    using own_runtime = runtime<Derived, DaemonPolicies>;

    /// Whether the verbs start and run do the same, so that one path is compiled.
    static constexpr bool start_is_run =
        !fork::detaches && DaemonPolicies::stdio::keeps_terminal && !DaemonPolicies::pid::records_pid;

public:
    /// `in_foreground`: without a fork and without redirecting stdio, whatever the policies are.
    life(Derived& daemon, own_runtime& state, const DaemonSettings& s, bool in_foreground) noexcept
        : daemon_(daemon), state_(state), s_(s), in_foreground_(in_foreground && !start_is_run)
    {
    }

    /// Runs the life: in the launcher up to the fork and the wait for the daemon, and everything else in the daemon.
    template <class Progress, class... Args>
    start_result operator()(Progress& progress, Args&&... args)
    {
        check_run<Derived, Args...>();
        const sys::cancellation off(PTHREAD_CANCEL_DISABLE); // but for run() and what waits there
        const released_at_end guards{state_};
        try {
            process_setup::prepare_standard_descriptors();
            if (forks()) process_setup::prepare_to_fork();
            const process_setup setup(s_.process);
            state_.identity_.make([&] { return s_.pid.claim(); });
            detach();
            if (!in_launcher()) return {be_daemon(setup, off.before(), std::forward<Args>(args)...), false};
            return {wait_for_daemon(progress), true};
        } catch (const already_running& e) {
            // Success for the verb start, LSB 3.1, section 20.2. An error for the verb run, which then runs nothing.
            return {{start_outcome::already_running, in_foreground_ ? exit_status::error : exit_status::done, e.pid(),
                     sys::joined({"already running (pid ", e.pid(), ")"})},
                    forks()};
        } catch (const std::exception& e) {
            return {failed(e), forks()};
        }
    }

private:
    struct released_at_end
    {
        own_runtime& state;
        ~released_at_end()
        {
            state.identity_.release();
            state.manager_.release();
            state.link_.release();
        }
    };
    struct released_after_run
    {
        own_runtime& state;
        ~released_after_run()
        {
            state.streams_.release();
            state.identity_.release();
            state.signals_.release();
        }
    };

    [[nodiscard]] bool forks() const noexcept { return fork::detaches && !in_foreground_; }

    [[nodiscard]] bool in_launcher() const noexcept
    {
        if constexpr (fork_link_to_launcher<typename DaemonPolicies::link>)
            return state_.link_ && state_.link_->in_launcher();
        else
            return false;
    }

    /// In the daemon all signals stay blocked after the fork, until live() sets a mask.
    void detach()
    {
        if constexpr (fork::detaches)
            if (!in_foreground_) return detach_from_launcher();
        if constexpr (signal::claims_signals) state_.child_mask_ = sys::current_mask();
    }

    void detach_from_launcher()
    {
        sys::blocked_signals blocked(sys::all_signals());
        // daemon(7), step 3: nothing is blocked. A daemon that receives no signals keeps the inherited mask.
        state_.child_mask_ = signal::claims_signals ? sys::no_signals() : blocked.before();
        if constexpr (leaves_no_launcher<fork>) {
            const launcher_plan plan{blocked.before(), state_.identity().removal(), late_advice};
            state_.link_.make([&] { return s_.fork.detach(plan); });
            state_.identity().take_over();
        } else {
            state_.link_.make([&] { return s_.fork.detach(); });
        }
        mask_ = blocked.before();
        if (!in_launcher() || waits_with_mask<typename DaemonPolicies::link>) blocked.keep();
    }

    template <class Progress>
    start_report wait_for_daemon(Progress& progress)
    {
        start_report report = [&] {
            if constexpr (waits_with_mask<typename DaemonPolicies::link>)
                return state_.link_->wait(progress, mask_);
            else if constexpr (fork_link_to_launcher<typename DaemonPolicies::link>)
                return state_.link_->wait(progress);
            else
                return start_report{};
        }();
        if (report.outcome == start_outcome::ready) state_.identity().release();
        if (report.outcome == start_outcome::late) (report.message += ": ") += late_advice;
        return report;
    }

    static constexpr const char* late_advice = announces_ready<Derived>()
                                                   ? "run() has not called ready(), but the class sets "
                                                     "announces_ready; call ready() when the daemon is ready, "
                                                     "or extend() while it starts, or set a longer deadline"
                                                   : "set a longer deadline, or call extend() while the daemon starts";

    /// In the daemon: the rest of the life. Reports a failure to the launcher and the service manager.
    template <class... Args>
    start_report be_daemon(const process_setup& setup, int cancel_state, Args&&... args)
    {
        state_.name_ = name_of(s_);
        state_.ready_ = state_.stopping_ = false;
        start_report report;
        try {
            const int status = live(setup, cancel_state, std::forward<Args>(args)...);
            report = {start_outcome::finished, status, sys::this_process(), {}};
            if (!state_.ready_)
                report = {start_outcome::failed, status != 0 ? status : exit_status::error, sys::this_process(),
                          state_.stopping_
                              ? sys::joined({"it was asked to stop before it was ready"})
                              : sys::joined({"run() ended with status ", status, " before it called ready()"})};
        } catch (const std::exception& e) {
            report = failed(e);
        } catch (...) {
            pass_on_unwinding();
            report.message = sys::joined({"an exception that is no std::exception"});
        }
        if (report.outcome == start_outcome::failed) report_failure(report);
        return report;
    }

    [[gnu::cold]] void report_failure(start_report& report)
    {
        const bool was_ready = state_.ready_;
        state_.tell_manager([&](auto& manager) {
            if (was_ready) manager.stopping();
            manager.fail(report.message, report.error);
        });
        if (was_ready) {
            state_.complain(report.message);
            report.outcome = start_outcome::finished;
            report.status = exit_status::error;
            report.pid = sys::this_process();
        } else {
            state_.tell_launcher([&](auto& link) { link.fail(report.message, report.status); });
            if (forks()) report.message.clear(); // the launcher prints it
        }
    }

    template <class... Args>
    int live(const process_setup& setup, int cancel_state, Args&&... args)
    {
        const released_after_run guards{state_};
        [[maybe_unused]] const auto forgotten = state_.forget_in_children();
        if constexpr (notifies<typename DaemonPolicies::notify>)
            state_.manager_.make([&] { return s_.notify.connect(); });
        if (forks()) close_inherited(setup);
        if (forks() && signal::claims_signals) sys::reset_dispositions();
        static constexpr auto heard = heard_signals<signal, own_runtime::hears_reload()>();
        state_.signals_.make([&] { return s_.signals.install(heard, state_.child_mask_); });
        if (forks() && !signal::claims_signals) sys::set_mask(state_.child_mask_);
        setup.apply();
        state_.identity().publish(sys::this_process());
        if (!in_foreground_) state_.streams_.make([&] { return s_.stdio.redirect(); });
        if constexpr (DaemonPolicies::pid::records_pid)
            for (const int fd : state_.identity().descriptors()) process_setup::refuse_as_log(fd);
        daemon_.on_start();
        if (state_.stopping_) return stop(0); // it waited for signals
        if (const auto* target = setup.credentials(); target != nullptr && state_.streams_)
            state_.streams_->give_to(target->uid, target->gid);
        setup.drop_privileges();
        if constexpr (!announces_ready<Derived>()) state_.ready();
        if constexpr (collects_children<signal>) state_.collect_children(daemon_); // children that exited before
        const int status = [&] {
            const sys::cancellation on(cancel_state);
            return daemon_.run(std::forward<Args>(args)...);
        }();
        return stop(status);
    }

    int stop(int status)
    {
        if (!state_.signals_) return status; // a child made by fork(2), which ends nothing of the daemon's
        state_.tell_manager([](auto& manager) { manager.stopping(); });
        daemon_.on_stop();
        return status;
    }

    void close_inherited([[maybe_unused]] const process_setup& setup) const
    {
        if constexpr (fork::detaches) {
            const auto& of_manager = [&]() -> decltype(auto) {
                if constexpr (notifies<typename DaemonPolicies::notify>)
                    return state_.manager_->descriptors();
                else
                    return std::array<int, 0>{};
            }();
            setup.close_inherited(std::array{state_.link_->descriptor()}, of_manager, state_.identity().descriptors(),
                                  kept_descriptors(daemon_));
        }
    }

    [[nodiscard, gnu::cold]] static start_report failed(const std::exception& e)
    {
        auto failure = detail::failure(e);
        const int error = notifies<typename DaemonPolicies::notify> ? error_number(e) : 0; // for the service manager
        return {start_outcome::failed, failure.status, 0, std::move(failure.message), error};
    }

    Derived& daemon_;
    own_runtime& state_;
    const DaemonSettings& s_;
    bool in_foreground_;
    sigset_t mask_{}; // of the launcher
};

} // namespace daemonkit::detail
