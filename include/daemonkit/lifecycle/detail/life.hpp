// SPDX-License-Identifier: BSL-1.0
// The life of a daemon, in this order:
//
//   claim the instance, detach, connect to the service manager, install signals, set up the process, publish the pid,
//   redirect stdio, on_start(), drop privileges, on_dropped(), ready, run(), on_stop(), and release everything in
//   reverse order.
//
// Each step that acquires something puts a guard into the runtime. So a failed start, an exception and a normal end are
// cleaned up alike. The instance is claimed before the first fork: a start that is refused has made no process.
#pragma once

#include "../../control/detail/failure.hpp"
#include "../../core/startup_error.hpp"
#include "../../sys/cancellation.hpp"
#include "../../sys/raw/dispositions.hpp"
#include "heard_signals.hpp"
#include "launching.hpp"
#include "process_setup.hpp"
#include "runtime.hpp"
#include "uncaught.hpp"

#include <array>
#include <string>
#include <utility>

namespace daemonkit::detail {

template <class DaemonSettings>
[[nodiscard]] std::string name_of(const DaemonSettings& s)
{
    return s.process.name.empty() ? std::string(sys::program_name()) : s.process.name;
}

template <class Derived, class DaemonPolicies, class DaemonSettings>
class life : launching<Derived, DaemonPolicies, DaemonSettings>
{
    using launching_part = launching<Derived, DaemonPolicies, DaemonSettings>;
    using fork = typename DaemonPolicies::fork;
    using signal = typename DaemonPolicies::signal;
    using own_runtime = runtime<Derived, DaemonPolicies>;

    /// Whether the verbs start and run do the same, so that one path is compiled.
    static constexpr bool start_is_run =
        !fork::detaches && DaemonPolicies::stdio::keeps_terminal && !DaemonPolicies::pid::records_pid;

public:
    /// `in_foreground`: without a fork and without redirecting stdio, whatever the policies are.
    life(Derived& daemon, own_runtime& state, const DaemonSettings& s, bool in_foreground) noexcept
        : launching_part(state, s, in_foreground && !start_is_run), daemon_(daemon)
    {
    }

    /// Runs the life: in the launcher up to the fork and the wait for the daemon, and everything else in the daemon.
    template <class Progress, class... Args>
    start_result operator()(Progress& progress, Args&&... args)
    {
        check_run<Derived, Args...>();
        if (forks() && sys::this_process() == 1) {
            report(log_level::notice, name_of(s_),
                   "pid 1 does not fork, because its container would end: running in the foreground");
            in_foreground_ = true;
        }
        auto result = live_or_launch(progress, std::forward<Args>(args)...);
        if (result.in_launcher && !s_.process.launcher_returns) end_launcher(name_of(s_), result);
        return result;
    }

private:
    template <class Progress, class... Args>
    start_result live_or_launch(Progress& progress, Args&&... args)
    {
        const sys::cancellation off(PTHREAD_CANCEL_DISABLE); // but for run() and what waits there
        const released_at_end guards{state_};
        try {
            process_setup::prepare_standard_descriptors();
            if (forks()) process_setup::prepare_to_leave_terminal(s_.stdio);
            if (forks()) process_setup::prepare_to_fork();
            const process_setup setup(s_.process);
            claim_and_detach(progress);
            if (!in_launcher()) return {be_daemon(setup, off.before(), std::forward<Args>(args)...), false};
            return {wait_for_daemon(progress), true};
        } catch (const already_running& e) {
            return {beside(e), forks()};
        } catch (const std::exception& e) {
            return {failed(e), forks()};
        }
    }

    using launching_part::beside;
    using launching_part::claim_and_detach;
    using launching_part::forks;
    using launching_part::in_foreground_;
    using launching_part::in_launcher;
    using launching_part::s_;
    using launching_part::state_;
    using launching_part::wait_for_daemon;

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
            state.wakes_.reset();
            state.identity_.release();
            state.signals_.release();
        }
    };

    /// In the daemon: the rest of the life. Reports a failure to the launcher and the service manager.
    template <class... Args>
    start_report be_daemon(const process_setup& setup, int cancel_state, Args&&... args)
    {
        state_.name_ = name_of(s_);
        state_.ready_ = state_.stopping_ = state_.redirected_ = false;
        state_.loss_ = {};
        start_report report;
        try {
            const int status = live(setup, cancel_state, std::forward<Args>(args)...);
            report = {start_outcome::finished, status, sys::this_process(), {}};
            if (!state_.ready_) report = not_ready(status);
        } catch (const std::exception& e) {
            report = failed(e);
        } catch (...) {
            sys::pass_on_unwinding();
            report.message = sys::joined({"an exception that is no std::exception"});
        }
        if (report.outcome == start_outcome::failed) report_failure(report);
        return report;
    }

    [[nodiscard, gnu::cold]] start_report not_ready(int status) const
    {
        return {start_outcome::failed, status != 0 ? status : exit_status::error, sys::this_process(),
                !state_.loss_.empty() ? std::string(state_.loss_)
                : state_.stopping_    ? sys::joined({"it was asked to stop before it was ready"})
                                      : sys::joined({"run() ended with status ", status, " before it called ready()"})};
    }

    [[gnu::cold]] void report_failure(start_report& report)
    {
        const bool was_ready = state_.ready_;
        state_.tell_manager([&](auto& manager) {
            if (was_ready) manager.stopping();
            manager.fail(report.message, report.error);
        });
        if (was_ready || state_.redirected_)
            detail::report(log_level::err, state_.name_, report.message, report_kind::last_words);
        if (was_ready) {
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
        const uncaught_exceptions reported(end, &state_);
        const released_after_run guards{state_};
        [[maybe_unused]] const auto forgotten = state_.forget_in_children();
        if constexpr (notifies<typename DaemonPolicies::notify>)
            state_.manager_.make([&] { return s_.notify.connect(); });
        if (forks()) close_inherited(setup);
        if (forks() && signal::claims_signals) sys::reset_dispositions();
        static constexpr auto heard = heard_signals<signal, own_runtime::hears_reload()>();
        state_.signals_.make([&] { return s_.signals.install(heard, state_.child_mask_); });
        if (forks() && !signal::claims_signals) sys::set_mask(state_.child_mask_);
        setup.apply(forks());
        state_.identity().publish(sys::this_process());
        if (!in_foreground_) {
            state_.streams_.make([&] { return s_.stdio.redirect(); });
            state_.redirected_ = !keeps_streams(s_.stdio);
        }
        if constexpr (DaemonPolicies::pid::records_pid)
            for (const int fd : state_.identity().descriptors()) process_setup::refuse_as_log(fd);
        state_.target_ = setup.credentials();
        const auto reload = [&] {
            if constexpr (reload_takes_arguments<Derived>) call_hook(on_reload, daemon_, args...);
        };
        if constexpr (reload_takes_arguments<Derived>) state_.reload_with_.emplace(reload);
        call_hook(on_start, daemon_, args...);
        if (state_.signals_) (void)state_.identity().keep(); // on_start() may have added lines to the pid file
        if (state_.stopping_) return stop(0, args...);       // it waited for signals
        if (state_.target_ != nullptr && state_.streams_)
            state_.streams_->give_to(state_.target_->uid, state_.target_->gid);
        if (state_.target_ != nullptr || !s_.process.chroot.empty()) state_.prepare_status();
        setup.drop_privileges();
        call_hook(on_dropped, daemon_, args...);
        if (state_.stopping_ || !state_.campaign(daemon_)) return stop(0, args...);
        if constexpr (!announces_ready<Derived>()) state_.ready();
        if constexpr (collects_children<signal>) state_.collect_children(daemon_); // children that exited before
        const int status = [&] {
            const sys::cancellation on(cancel_state);
            return daemon_.run(std::forward<Args>(args)...);
        }();
        return stop(status, args...);
    }

    template <class... Args>
    int stop(int status, Args&... args)
    {
        if (!state_.signals_) return status; // a child made by fork(2), which ends nothing of the daemon's
        if (state_.or_lost(false)) state_.keep_identity(); // run() has seen it by stop_requested() alone
        state_.tell_stopping();
        state_.tell_manager([](auto& manager) { manager.stopping(); });
        call_hook(on_stop, daemon_, args...);
        return state_.loss_.empty() ? status : exit_status::identity_lost;
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

    /// In the thread that is about to end the process, while the others run on: says why, and removes the record.
    static void end(void* runtime_of_daemon, std::string_view reason) noexcept
    {
        auto& state = *static_cast<own_runtime*>(runtime_of_daemon);
        report(log_level::crit, state.name_, reason, report_kind::last_words);
        if (!state.ready_) state.tell_launcher([&](auto& link) { link.fail(reason, exit_status::error); });
        state.tell_manager([&](auto& manager) { manager.fail(reason, 0); });
        if constexpr (has_removal<typename DaemonPolicies::identity>)
            if (state.identity_) state.identity().removal()();
    }

    [[nodiscard, gnu::cold]] static start_report failed(const std::exception& e)
    {
        auto failure = detail::failure(e);
        const int error = notifies<typename DaemonPolicies::notify> ? error_number(e) : 0; // for the service manager
        return {start_outcome::failed, failure.status, 0, std::move(failure.message), error};
    }

    Derived& daemon_;
};

} // namespace daemonkit::detail
