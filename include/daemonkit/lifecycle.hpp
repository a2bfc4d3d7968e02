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
#include "derived_class.hpp"
#include "process.hpp"
#include "running_daemon.hpp"
#include "stop_schedule.hpp"
#include "sys/signal_mask.hpp"

#include <array>
#include <string>
#include <utility>

namespace daemonkit {

template <class ForkPolicy, class PidPolicy, class SignalPolicy, class StdioPolicy>
struct daemon_settings
{
    ForkPolicy fork{};
    PidPolicy pid{};
    SignalPolicy signals{};
    StdioPolicy stdio{};
    process_settings process{};
    /// For stop() and restart().
    stop_schedule stop{};
};

template <class Derived, class ForkPolicy, class PidPolicy, class SignalPolicy, class StdioPolicy>
class lifecycle : public running_daemon<Derived, ForkPolicy, PidPolicy, SignalPolicy, StdioPolicy>
{
    using inside = running_daemon<Derived, ForkPolicy, PidPolicy, SignalPolicy, StdioPolicy>;
    using settings = daemon_settings<ForkPolicy, PidPolicy, SignalPolicy, StdioPolicy>;

protected:
    using inside::complain;

    /// Whether a HUP means anything to it; else its disposition is left alone.
    static constexpr bool hears_reload()
    {
        return SignalPolicy::claims_signals && (StdioPolicy::reopens || derived::hears_reload<Derived>());
    }

    [[nodiscard]] static std::string name_of(const settings& s)
    {
        return s.process.name.empty() ? sys::joined({sys::program_name()}) : s.process.name;
    }

    /// Up to the fork; afterwards one of two processes is the daemon.
    template <class Fork, class Stdio, class Progress, class... Args>
    start_result live(const Fork& fork, const Stdio& stdio, Progress& progress, const settings& s, Args&&... args)
    {
        derived::check_run<Derived, Args...>();
        start_report report;
        try {
            process_setup::prepare_standard_descriptors();
            if constexpr (Fork::detaches) process_setup::prepare_to_fork();
            const process_setup setup(s.process);
            auto identity = s.pid.claim();
            auto link = detached(fork, identity);
            if constexpr (leaves_no_origin<Fork>) identity.adopt();
            if (!link.in_origin())
                return {in_daemon<Fork>(link, identity, stdio, setup, s, std::forward<Args>(args)...), false};
            report = link.wait(progress);
            if (report.outcome == start_outcome::ready) identity.release();
        } catch (const already_running& e) {
            report = {start_outcome::already_running, exit_status::done, e.pid(),
                      sys::joined({"already running (pid ", e.pid(), ")"})};
        } catch (const std::exception& e) {
            report = failed(e);
        }
        return {std::move(report), Fork::detaches};
    }

private:
    using inside::child_mask_;
    using inside::identity_;
    using inside::link_;
    using inside::name_;
    using inside::ready_;
    using inside::signals_;
    using inside::stopping_;
    using inside::streams_;
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

    /// In the daemon every signal stays blocked after a fork, until guarded() has a mask for it.
    template <class Fork>
    auto detached(const Fork& fork, [[maybe_unused]] const identity_type& identity)
    {
        if constexpr (!Fork::detaches) {
            if constexpr (SignalPolicy::claims_signals) child_mask_ = sys::current_mask();
            return fork.detach();
        } else {
            sys::blocked_signals blocked(sys::all_signals());
            // A daemon that hears begins with nothing blocked (daemon(7), step 3), another keeps what it inherited.
            child_mask_ = SignalPolicy::claims_signals ? sys::no_signals() : blocked.before();
            auto link = [&] {
                if constexpr (leaves_no_origin<Fork>)
                    return fork.detach(blocked.before(), identity.remains());
                else
                    return fork.detach();
            }();
            if (!link.in_origin()) blocked.keep();
            return link;
        }
    }

    /// In the daemon: the rest of its life, and the last word about it to whoever can still hear.
    template <class Fork, class Link, class Stdio, class... Args>
    start_report in_daemon(Link& link, identity_type& identity, const Stdio& stdio, const process_setup& setup,
                           const settings& s, Args&&... args)
    {
        name_ = name_of(s);
        ready_ = stopping_ = false;
        if constexpr (std::is_same_v<Link, link_type>) link_ = &link;
        start_report report;
        try {
            const int status = guarded<Fork>(link, identity, stdio, setup, s, std::forward<Args>(args)...);
            report = {start_outcome::finished, status, sys::this_process(), {}};
            if (!ready_)
                report = {start_outcome::failed, status != 0 ? status : exit_status::error, sys::this_process(),
                          sys::joined({"run() ended with status ", status, " before it called ready()"})};
        } catch (const std::exception& e) {
            report = failed(e);
        } catch (...) {
            report.message = "an exception that is no std::exception";
        }
        // The guards are undone by now.
        if (report.outcome == start_outcome::failed && ready_) {
            complain(name_, report.message);
            report = {start_outcome::finished, exit_status::error, sys::this_process(), std::move(report.message)};
        } else if (report.outcome == start_outcome::failed) {
            link.fail(report.message, report.status);
            if constexpr (Fork::detaches) report.message.clear(); // the origin says it
        }
        link_ = nullptr;
        signals_ = nullptr;
        identity_ = nullptr;
        streams_ = nullptr;
        return report;
    }

    template <class Fork, class Link, class Stdio, class... Args>
    int guarded(const Link& link, identity_type& claimed, const Stdio& stdio, const process_setup& setup,
                const settings& s, Args&&... args)
    {
        if constexpr (Fork::detaches) close_descriptors(link, claimed, s);
        if constexpr (Fork::detaches && SignalPolicy::claims_signals) sys::reset_dispositions();
        static constexpr auto hears = heard();
        auto signals = s.signals.install(hears, child_mask_);
        if constexpr (Fork::detaches && !SignalPolicy::claims_signals) sys::set_mask(child_mask_);
        auto identity = std::move(claimed); // undone before the signals, so that a second TERM cuts nothing short
        signals_ = &signals;
        identity_ = &identity;
        setup.apply();
        identity.publish(sys::this_process());
        auto streams = stdio.redirect();
        if constexpr (std::is_same_v<decltype(streams), streams_type>) streams_ = &streams;
        for (const int fd : identity.descriptors()) refuse_shared(fd);
        auto& self = static_cast<Derived&>(*this);
        self.on_start();
        if (const auto& who = setup.credentials()) streams.give_to(who->uid, who->gid);
        setup.drop_privileges();
        if constexpr (!derived::announces_ready<Derived>()) this->ready();
        const int status = self.run(std::forward<Args>(args)...);
        self.on_stop();
        return status;
    }

    /// Lines of a log in a pid file would be a pid to somebody.
    static void refuse_shared(int identity)
    {
        sys::file_status record = {};
        sys::file_status stream = {};
        if (sys::status_of(identity, record) == -1 || !S_ISREG(record.st_mode)) return;
        for (int fd = 0; fd <= 2; ++fd)
            if (sys::status_of(fd, stream) == 0 && sys::same_file(record, stream))
                misconfigured("redirect standard descriptors", {},
                              "the log file and the pid file are one file: give them two names");
    }

    template <class Link>
    static void close_descriptors(const Link& link, const identity_type& identity, const settings& s)
    {
        auto kept = s.process.keep_descriptors;
        kept.push_back(link.descriptor());
        for (const int fd : identity.descriptors()) kept.push_back(fd);
        check(sys::close_all_except(kept), "close inherited descriptors");
    }

    [[nodiscard]] static start_report failed(const std::exception& e)
    {
        auto failure = control::failure(e);
        return {start_outcome::failed, failure.status, 0, std::move(failure.message)};
    }
};

} // namespace daemonkit
