// SPDX-License-Identifier: BSL-1.0
// A daemon is four decisions, and its life is the body of lifecycle():
//
//   claim the identity, detach, hear signals, set up the process, publish the pid, redirect stdio, on_start(),
//   drop privileges, ready, run(), on_stop(), and everything undone in reverse.
//
// Every step that takes something returns a guard, a local variable, so that what undoes a failed start, an exception
// and a normal end is one and the same thing. The class that derives supplies run() and the hooks it wants (CRTP).
#pragma once

#include "combination.hpp"
#include "control.hpp"
#include "derived_class.hpp"
#include "fork/no_fork.hpp"
#include "process.hpp"
#include "stdio/inherit_stdio.hpp"
#include "sys/signal_mask.hpp"

#include <array>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

namespace daemonkit {

struct double_fork;
struct flock_pid_file;
template <int...>
struct basic_signalfd_signals;
struct null_stdio;

template <class Derived, class ForkPolicy = double_fork, class PidPolicy = flock_pid_file,
          class SignalPolicy = basic_signalfd_signals<>, class StdioPolicy = null_stdio>
class basic_daemon
{
    static_assert(sizeof(combination<ForkPolicy, PidPolicy, SignalPolicy, StdioPolicy>) > 0);

public:
    struct settings
    {
        ForkPolicy fork{};
        PidPolicy pid{};
        SignalPolicy signals{};
        StdioPolicy stdio{};
        process_settings process{};
        /// For stop() and restart().
        stop_schedule stop{};
    };

    basic_daemon()
    {
        static_assert(requires(Derived& d) { { d.on_start() } -> std::same_as<void>; },
                      "daemonkit: on_start is private or has another signature: declare `public: void on_start()`");
        static_assert(requires(Derived& d) { { d.on_reload() } -> std::same_as<void>; },
                      "daemonkit: on_reload is private or has another signature: declare `public: void on_reload()`");
        static_assert(requires(Derived& d) { { d.on_stop() } -> std::same_as<void>; },
                      "daemonkit: on_stop is private or has another signature: declare `public: void on_stop()`");
        static_assert(requires(Derived& d) { { d.on_signal(1) } -> std::same_as<void>; },
                      "daemonkit: on_signal is missing, private or has another signature: a daemon that chooses "
                      "signals declares `public: void on_signal(int signal)`");
    }
    basic_daemon(const basic_daemon&) = delete;
    basic_daemon& operator=(const basic_daemon&) = delete;

    // ---- hooks: the deriving class declares those it wants, public, with these signatures -------------------------

    /// In the daemon, with the identity published and stdio redirected, still privileged, before anybody is told that
    /// it is ready. An exception ends the start and is the sentence that the origin prints.
    void on_start() {}
    /// In the daemon, out of wait() or wait_for(), on HUP. An exception is written to standard error and the daemon
    /// goes on: keep the old state until the new one is whole.
    void on_reload() {}
    /// In the daemon, after run() has returned.
    void on_stop() {}
    /// In the daemon, out of wait() or wait_for(), for the signals that the SignalPolicy chooses.
    void on_signal(int)
        requires(!says_chosen<SignalPolicy> || requires { requires SignalPolicy::chosen.empty(); })
    {
    }

    // ---- verbs ----------------------------------------------------------------------------------------------------

    /// Starts the daemon; `args` reach run(). Returns in the origin when the daemon is ready, has failed, has died or
    /// is late, and in the daemon when run() has returned. Never throws what went wrong: the result says it.
    template <class... Args>
    start_result start(const settings& s, Args&&... args)
    {
        return start_watched(in_silence{}, s, std::forward<Args>(args)...);
    }

    /// start() that calls `progress(elapsed)` in the origin once a second while it waits.
    template <class Progress, class... Args>
    start_result start_watched(Progress progress, const settings& s, Args&&... args)
    {
        if constexpr (ForkPolicy::detaches)
            if (sys::this_process() == 1) {
                say(s, "pid 1 does not fork, its end would be the end of its container: running in the foreground");
                return run_in_foreground(s, std::forward<Args>(args)...);
            }
        return lifecycle(s.fork, s.stdio, progress, s, std::forward<Args>(args)...);
    }

    /// The verb run: the same daemon without fork and with the caller's stdio, identity and signals kept.
    template <class... Args>
    start_result run_in_foreground(const settings& s, Args&&... args)
    {
        in_silence progress;
        return lifecycle(no_fork{}, inherit_stdio{}, progress, s, std::forward<Args>(args)...);
    }

    /// Ends the daemon that has the identity in `s`, by the schedule in `s`; returns the moment it is gone.
    template <class Progress = in_silence>
    [[nodiscard]] static control_result stop(const settings& s, Progress progress = {})
    {
        static_assert(can_be_found, "daemonkit: stop() needs a PidPolicy that records the pid: take pid_file or "
                                    "flock_pid_file");
        if constexpr (can_be_found) return control::stop(s.pid, s.stop, progress);
    }

    /// stop(), and start() if nothing is in the way. A daemon that was stopped is started.
    template <class... Args>
    start_result restart(const settings& s, Args&&... args)
    {
        auto stopped = stop(s);
        if (stopped.status != exit_status::done)
            return {{start_outcome::failed, stopped.status, stopped.pid, std::move(stopped.message)}, true};
        return start(s, std::forward<Args>(args)...);
    }

    /// Asks the daemon that has the identity in `s` to reload.
    [[nodiscard]] static control_result reload(const settings& s)
    {
        static_assert(can_be_found, "daemonkit: reload() needs a PidPolicy that records the pid: take pid_file or "
                                    "flock_pid_file");
        static_assert(hears_reload(), "daemonkit: nobody would hear reload(): declare `public: void on_reload()`, or "
                                      "take log_file_stdio, and a SignalPolicy other than inherit_signals");
        if constexpr (can_be_found) return control::reload(s.pid);
    }

    /// What is known of the daemon that has the identity in `s`; any user may ask.
    [[nodiscard]] static status_report status(const settings& s)
    {
        static_assert(can_be_found, "daemonkit: status() needs a PidPolicy that records the pid: take pid_file or "
                                    "flock_pid_file");
        if constexpr (can_be_found) return control::status(s.pid, name(s));
    }

    // ---- inside the daemon: for run() and the hooks, in the thread that called start() ----------------------------

    /// Sleeps for `time`, calling the hooks for what arrives meanwhile. false, at once, as soon as a stop was heard.
    /// Zero handles what has arrived: for loops of other libraries, when signal_fd() is readable.
    template <class Rep, class Period>
    bool wait_for(std::chrono::duration<Rep, Period> time)
    {
        const sys::deadline until(sys::saturate(time));
        while (!stopping_)
            if (!hear(until.remaining()) && until.passed()) return !stopping_;
        return false;
    }

    /// Sleeps until one signal was handled; false if it was a stop.
    bool wait()
    {
        while (!stopping_ && !hear(sys::forever)) {}
        return !stopping_;
    }

    /// For loops that never wait: one relaxed load, true from the moment a stop arrives.
    [[nodiscard]] bool stop_requested() const noexcept
    {
        static_assert(has_stop_requested<signal_guard_type>,
                      "daemonkit: this SignalPolicy knows of a stop only inside wait() and wait_for(): use those, or "
                      "take self_pipe_signals or flag_signals");
        if constexpr (has_stop_requested<signal_guard_type>) return signals_->stop_requested();
    }

    /// Readable when wait_for(0s) has something to do.
    [[nodiscard]] int signal_fd() const
    {
        static_assert(has_signal_fd<signal_guard_type>, "daemonkit: this SignalPolicy has no descriptor: take "
                                                        "signalfd_signals or self_pipe_signals");
        if constexpr (has_signal_fd<signal_guard_type>) return installed().fd();
    }

    /// The signal mask for children that are not made by fork(): for posix_spawnattr_setsigmask(3).
    [[nodiscard]] const sigset_t& child_mask() const noexcept { return child_mask_; }

    /// While the daemon initialises: the origin waits `more` from now on, whatever its deadline was.
    template <class Rep, class Period>
    void extend(std::chrono::duration<Rep, Period> more)
    {
        if (link_ != nullptr && !ready_) link_->extend(sys::saturate(more));
    }

    /// The daemon is up: ends the origin's wait, once. Called by the lifecycle before run(), or by run() itself in a
    /// class that declares `static constexpr bool announces_ready = true`.
    void ready() noexcept
    {
        if (!std::exchange(ready_, true) && link_ != nullptr) link_->ready();
    }

    // ---- facts ----------------------------------------------------------------------------------------------------

    /// Whether stop(), reload() and status() can find the daemon.
    static constexpr bool can_be_found = PidPolicy::records_pid;

    /// Whether a HUP means anything to it; else its disposition is left alone.
    static constexpr bool hears_reload()
    {
        return SignalPolicy::claims_signals && (StdioPolicy::reopens || derived::hears_reload<Derived, basic_daemon>());
    }

    [[nodiscard]] static std::string name(const settings& s)
    {
        return s.process.name.empty() ? sys::program_name() : s.process.name;
    }

private:
    using link_type = std::remove_cvref_t<decltype(std::declval<const ForkPolicy&>().detach())>;
    using pid_guard_type = std::remove_cvref_t<decltype(std::declval<const PidPolicy&>().claim())>;
    using signal_guard_type = std::remove_cvref_t<decltype(std::declval<const SignalPolicy&>().install(
        std::span<const int>(), std::declval<const sigset_t&>()))>;
    using stdio_guard_type = std::remove_cvref_t<decltype(std::declval<const StdioPolicy&>().redirect())>;

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

    Derived& self() noexcept { return static_cast<Derived&>(*this); }

    /// Up to the fork; afterwards one of two processes is the daemon.
    template <class Fork, class Stdio, class Progress, class... Args>
    start_result lifecycle(const Fork& fork, const Stdio& stdio, Progress& progress, const settings& s, Args&&... args)
    {
        derived::check_run<Derived, Args...>();
        start_report report;
        try {
            if constexpr (Fork::detaches) process_setup::prepare_to_fork();
            const process_setup setup(s.process);
            auto identity = s.pid.claim();
            const sigset_t before = sys::current_mask();
            auto link = [&] {
                sys::blocked_signals blocked(sys::all_signals());
                auto made = fork.detach();
                if (!made.in_origin()) blocked.restore_to(sys::all_signals()); // until the policy has installed
                return made;
            }();
            if (!link.in_origin()) {
                child_mask_ = Fork::detaches ? sys::no_signals() : before;
                return {live<Fork>(link, identity, stdio, setup, s, std::forward<Args>(args)...), false};
            }
            report = link.wait(progress);
            if (report.outcome == start_outcome::ready) identity.release();
        } catch (const already_running& e) {
            report = {start_outcome::already_running, exit_status::done, e.pid(),
                      "already running (pid " + std::to_string(e.pid()) + ")"};
        } catch (const std::exception& e) {
            report = failed(e);
        }
        return {std::move(report), Fork::detaches};
    }

    /// In the daemon: the rest of its life, and the last word about it to whoever can still hear.
    template <class Fork, class Link, class Stdio, class... Args>
    start_report live(Link& link, pid_guard_type& identity, const Stdio& stdio, const process_setup& setup,
                      const settings& s, Args&&... args)
    {
        ready_ = stopping_ = false;
        if constexpr (std::is_same_v<Link, link_type>) link_ = &link;
        start_report report;
        try {
            const int status = guarded<Fork>(link, identity, stdio, setup, s, std::forward<Args>(args)...);
            report = {start_outcome::finished, status, sys::this_process(), {}};
            if (!ready_)
                report = {start_outcome::failed, status != 0 ? status : exit_status::error, sys::this_process(),
                          "run() ended with status " + std::to_string(status) + " before it called ready()"};
        } catch (const std::exception& e) {
            report = failed(e);
        } catch (...) {
            report.message = "an exception that is no std::exception";
        }
        // The guards are undone by now.
        if (report.outcome == start_outcome::failed && ready_) {
            say(s, report.message);
            report = {start_outcome::finished, exit_status::error, sys::this_process(), std::move(report.message)};
        } else if (report.outcome == start_outcome::failed) {
            link.fail(report.message, report.status);
        }
        link_ = nullptr;
        signals_ = nullptr;
        identity_ = nullptr;
        streams_ = nullptr;
        return report;
    }

    template <class Fork, class Link, class Stdio, class... Args>
    int guarded(const Link& link, pid_guard_type& claimed, const Stdio& stdio, const process_setup& setup,
                const settings& s, Args&&... args)
    {
        if constexpr (Fork::detaches) close_descriptors(link, claimed, s);
        if constexpr (Fork::detaches && SignalPolicy::claims_signals) sys::reset_dispositions();
        static constexpr auto hears = heard();
        auto signals = s.signals.install(hears, child_mask_);
        auto identity = std::move(claimed); // undone before the signals, so that a second TERM cuts nothing short
        signals_ = &signals;
        identity_ = &identity;
        setup.apply();
        identity.publish(sys::this_process());
        auto streams = stdio.redirect();
        if constexpr (std::is_same_v<decltype(streams), stdio_guard_type>) streams_ = &streams;
        self().on_start();
        if (const auto& who = setup.credentials()) streams.give_to(who->uid, who->gid);
        setup.drop_privileges();
        if constexpr (!derived::announces_ready<Derived>()) ready();
        const int status = self().run(std::forward<Args>(args)...);
        self().on_stop();
        return status;
    }

    template <class Link>
    static void close_descriptors(const Link& link, const pid_guard_type& identity, const settings& s)
    {
        auto kept = s.process.keep_descriptors;
        kept.push_back(link.descriptor());
        for (const int fd : identity.descriptors()) kept.push_back(fd);
        check(sys::close_all_except(kept), "close inherited descriptors");
    }

    /// Waits for one thing and does what it asks for; false if nothing came.
    bool hear(std::chrono::nanoseconds timeout)
    {
        const event e = installed().wait(timeout, identity_->lost_fd());
        if (e.is_stop())
            stopping_ = true;
        else if (e.is_reload())
            reload_here();
        else if (e)
            self().on_signal(e.signal);
        if (!identity_->keep()) {
            complain("another daemon has taken the identity of this one: stopping");
            stopping_ = true;
        }
        return static_cast<bool>(e);
    }

    void reload_here()
    {
        try {
            if (streams_ != nullptr) streams_->reopen();
            self().on_reload();
        } catch (const std::exception& e) {
            complain(std::string("reload refused, the old state stays: ") + e.what());
        }
    }

    [[nodiscard]] signal_guard_type& installed() const
    {
        if (signals_ == nullptr) throw std::logic_error("daemonkit: wait(), wait_for() and signal_fd() work inside run()");
        return *signals_;
    }

    [[nodiscard]] static start_report failed(const std::exception& e)
    {
        auto failure = control::failure(e);
        return {start_outcome::failed, failure.status, 0, std::move(failure.message)};
    }

    static void say(const settings& s, const std::string& text) { complain(text, name(s)); }

    static void complain(const std::string& text, const std::string& who = sys::program_name())
    {
        sys::write_all(2, who + ": " + text + "\n");
    }

    bool ready_ = false;
    bool stopping_ = false;
    sigset_t child_mask_{};
    link_type* link_ = nullptr; // null in the foreground, where nobody waits
    signal_guard_type* signals_ = nullptr;
    pid_guard_type* identity_ = nullptr;
    stdio_guard_type* streams_ = nullptr; // null in the foreground, where nothing is reopened
};

} // namespace daemonkit
