// SPDX-License-Identifier: BSL-1.0
// The life of a daemon, in this order:
//
//   claim the identity, detach, hear signals, set up the process, publish the pid, redirect stdio, on_start(),
//   drop privileges, ready, run(), on_stop(), and everything undone in reverse.
//
// Every step that takes something returns a guard, a local variable, so that what undoes a failed start, an exception
// and a normal end is one and the same thing. Claiming comes before the first fork: whoever loses made no process.
#pragma once

#include "control.hpp"
#include "daemon_settings.hpp"
#include "derived_class.hpp"
#include "process.hpp"
#include "running_daemon.hpp"
#include "sys/signal_mask.hpp"

#include <array>
#include <optional>
#include <string>
#include <utility>

namespace daemonkit {

template <class Derived, class ForkPolicy, class PidPolicy, class SignalPolicy, class StdioPolicy>
class lifecycle : public running_daemon<Derived, ForkPolicy, PidPolicy, SignalPolicy, StdioPolicy>
{
    using inside = running_daemon<Derived, ForkPolicy, PidPolicy, SignalPolicy, StdioPolicy>;
    using settings = daemon_settings<ForkPolicy, PidPolicy, SignalPolicy, StdioPolicy>;

protected:
    using inside::complain;

    using inside::hears_reload;

    [[nodiscard]] static std::string name_of(const settings& s)
    {
        return s.process.name.empty() ? sys::joined({sys::program_name()}) : s.process.name;
    }

    /// Up to the fork; afterwards one of two processes is the daemon. In the foreground there is no fork, whatever the
    /// ForkPolicy, and stdio stays the caller's.
    template <class Progress, class... Args>
    start_result live(bool in_foreground, Progress& progress, const settings& s, Args&&... args)
    {
        derived::check_run<Derived, Args...>();
        if constexpr (start_is_run) in_foreground = false; // a constant, so that there is one way through
        const bool detaches = ForkPolicy::detaches && !in_foreground;
        start_report report;
        try {
            process_setup::prepare_standard_descriptors();
            if (detaches) process_setup::prepare_to_fork();
            const process_setup setup(s.process);
            auto identity = s.pid.claim();
            std::optional<link_type> link;
            std::optional<foreground_link_type> foreground;
            if (detaches || !ForkPolicy::detaches) {
                link.emplace(detached(s.fork, identity));
            } else {
                inherit_mask();
                if constexpr (has_foreground<ForkPolicy>) foreground.emplace(s.fork.foreground().detach());
            }
            if constexpr (leaves_no_origin<ForkPolicy>)
                if (link) identity.adopt();
            if (!link || !link->in_origin()) {
                link_ = link ? &*link : nullptr;
                foreground_ = foreground ? &*foreground : nullptr;
                return {in_daemon(in_foreground, identity, setup, s, std::forward<Args>(args)...), false};
            }
            report = link->wait(progress);
            if (report.outcome == start_outcome::ready) identity.release();
        } catch (const already_running& e) {
            // Of start that is success (LSB 3.1, section 20.2); who asked for a process to supervise has got none.
            report = {start_outcome::already_running, in_foreground ? exit_status::error : exit_status::done, e.pid(),
                      sys::joined({"already running (pid ", e.pid(), ")"})};
        } catch (const std::exception& e) {
            report = failed(e);
        }
        return {std::move(report), detaches};
    }

private:
    static constexpr bool start_is_run =
        !ForkPolicy::detaches && StdioPolicy::keeps_terminal && !PidPolicy::records_pid;

    using inside::child_mask_;
    using inside::foreground_;
    using inside::identity_;
    using inside::link_;
    using inside::name_;
    using inside::ready_;
    using inside::signals_;
    using inside::stopping_;
    using inside::streams_;
    using inside::tell_manager;
    using typename inside::foreground_link_type;
    using typename inside::identity_type;
    using typename inside::link_type;
    using typename inside::streams_type;

    static constexpr auto heard()
    {
        if constexpr (SignalPolicy::claims_signals) {
            constexpr std::size_t fixed = hears_reload() ? 3 : 2;
            std::array<int, fixed + SignalPolicy::chosen.size()> signals{SIGTERM, SIGINT};
            if constexpr (hears_reload()) signals[2] = SIGHUP;
            for (std::size_t i = 0; i < SignalPolicy::chosen.size(); ++i) signals[fixed + i] = SignalPolicy::chosen[i];
            return signals;
        } else {
            return std::array<int, 0>{};
        }
    }

    void inherit_mask() noexcept
    {
        if constexpr (SignalPolicy::claims_signals) child_mask_ = sys::current_mask();
    }

    /// In the daemon every signal stays blocked after a fork, until guarded() has a mask for it.
    link_type detached(const ForkPolicy& fork, [[maybe_unused]] const identity_type& identity)
    {
        if constexpr (!ForkPolicy::detaches) {
            inherit_mask();
            return fork.detach();
        } else {
            sys::blocked_signals blocked(sys::all_signals());
            // A daemon that hears begins with nothing blocked (daemon(7), step 3), another keeps what it inherited.
            child_mask_ = SignalPolicy::claims_signals ? sys::no_signals() : blocked.before();
            auto link = [&] {
                if constexpr (leaves_no_origin<ForkPolicy>)
                    return fork.detach(blocked.before(), identity.remains());
                else
                    return fork.detach();
            }();
            if (!link.in_origin()) blocked.keep();
            return link;
        }
    }

    /// In the daemon: the rest of its life, and the last word about it to whoever can still hear.
    template <class... Args>
    start_report in_daemon(bool in_foreground, identity_type& identity, const process_setup& setup, const settings& s,
                           Args&&... args)
    {
        name_ = name_of(s);
        ready_ = stopping_ = false;
        start_report report;
        try {
            const int status = guarded(in_foreground, identity, setup, s, std::forward<Args>(args)...);
            report = {start_outcome::finished, status, sys::this_process(), {}};
            if (!ready_)
                report = {start_outcome::failed, status != 0 ? status : exit_status::error, sys::this_process(),
                          sys::joined({"run() ended with status ", status, " before it called ready()"})};
        } catch (const std::exception& e) {
            report = failed(e);
        } catch (...) {
            report.message = sys::joined({"an exception that is no std::exception"});
        }
        // The guards are undone by now.
        if (report.outcome == start_outcome::failed) tell_failure_of(report, in_foreground);
        link_ = nullptr;
        foreground_ = nullptr;
        signals_ = nullptr;
        identity_ = nullptr;
        streams_ = nullptr;
        return report;
    }

    [[gnu::cold]] void tell_failure_of(start_report& report, bool in_foreground)
    {
        if (ready_) tell_manager([](auto& manager) { manager.stopping(); });
        tell_manager([&](auto& manager) { manager.cause(report.error); });
        this->tell([&]<class Link>(Link& link) {
            if (!ready_ || listens_for_life<Link>) link.fail(report.message, report.status);
        });
        if (ready_) {
            complain(name_, report.message);
            report = {start_outcome::finished, exit_status::error, sys::this_process(), std::move(report.message),
                      report.error};
        } else if (ForkPolicy::detaches && !in_foreground) {
            report.message.clear(); // the origin says it
        }
    }

    template <class... Args>
    int guarded(bool in_foreground, identity_type& claimed, const process_setup& setup, const settings& s,
                Args&&... args)
    {
        const bool forked = ForkPolicy::detaches && !in_foreground;
        auto& self = static_cast<Derived&>(*this);
        if (forked) close_descriptors(claimed, s);
        if (forked && SignalPolicy::claims_signals) sys::reset_dispositions();
        static constexpr auto hears = heard();
        auto signals = s.signals.install(hears, child_mask_);
        if (forked && !SignalPolicy::claims_signals) sys::set_mask(child_mask_);
        auto identity = std::move(claimed); // undone before the signals, so that a second TERM cuts nothing short
        signals_ = &signals;
        identity_ = &identity;
        setup.apply();
        identity.publish(sys::this_process());
        std::optional<streams_type> streams;
        if (!in_foreground) streams_ = &streams.emplace(s.stdio.redirect());
        if constexpr (PidPolicy::records_pid)
            for (const int fd : identity.descriptors()) refuse_shared(fd);
        self.on_start();
        if (const auto* who = setup.credentials(); who != nullptr && streams) streams->give_to(who->uid, who->gid);
        setup.drop_privileges();
        if constexpr (!derived::announces_ready<Derived>()) this->ready();
        if constexpr (collects_children<SignalPolicy>) this->collect_children(); // of before it heard of them
        const int status = self.run(std::forward<Args>(args)...);
        tell_manager([](auto& manager) { manager.stopping(); });
        self.on_stop();
        return status;
    }

    void close_descriptors(const identity_type& identity, const settings& s) const
    {
        const auto& self = static_cast<const Derived&>(*this);
        const std::array own{link_->descriptor()};
        const auto close = [&](const auto&... kept) {
            check(sys::close_all_except(s.process.keep_descriptors, own, identity.descriptors(), kept...),
                  "close inherited descriptors");
        };
        if constexpr (derived::keeps_descriptors<Derived>)
            close(self.kept_descriptors());
        else
            close();
    }

    /// Lines of a log in a pid file would be a pid to somebody.
    static void refuse_shared(int identity)
    {
        sys::file_status record = {};
        sys::file_status stream = {};
        for (const int fd : {1, 2})
            if (sys::status_of(fd, stream) == 0 && S_ISREG(stream.st_mode) && sys::status_of(identity, record) == 0 &&
                sys::same_file(record, stream))
                misconfigured("redirect standard descriptors", {},
                              "the log file and the pid file are one file: give them two names");
    }

    /// Only where there is somebody to tell it to.
    [[nodiscard]] static int error_number(const std::exception& e) noexcept
    {
        if constexpr (inside::has_manager)
            if (const auto* known = dynamic_cast<const std::system_error*>(&e))
                if (known->code().category() == std::system_category() ||
                    known->code().category() == std::generic_category())
                    return known->code().value();
        return 0;
    }

    [[nodiscard, gnu::cold]] static start_report failed(const std::exception& e)
    {
        auto failure = control::failure(e);
        return {start_outcome::failed, failure.status, 0, std::move(failure.message), error_number(e)};
    }
};

} // namespace daemonkit
