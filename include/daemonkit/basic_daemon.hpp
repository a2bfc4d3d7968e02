// SPDX-License-Identifier: BSL-1.0
// The interface of a daemon: the hooks that a deriving class declares, the functions that run() and the hooks can call,
// and the verbs. The class derives from basic_daemon<itself, policies...> (CRTP) and declares run(). README.md in this
// folder describes the order of the steps and the process of each; lifecycle/detail/life.hpp is the code.
//
// The launcher is the process that calls start(), the daemon the one that runs run(): the same without a fork.
#pragma once

#include "core/require_cxx20.hpp"

#include "control/detail/reload.hpp"
#include "control/detail/restart.hpp"
#include "control/detail/signal.hpp"
#include "control/detail/status.hpp"
#include "lifecycle/detail/check.hpp"
#include "lifecycle/detail/life.hpp"
#include "settings.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace daemonkit {

struct double_fork;
struct flock_pid_file;
template <int...>
struct basic_signalfd_signals;
struct null_stdio;

/// The base class of a daemon. `Derived` is the class that derives from it.
template <class Derived, class ForkPolicy = double_fork, class PidPolicy = flock_pid_file,
          class SignalPolicy = basic_signalfd_signals<>, class StdioPolicy = null_stdio, class NotifyPolicy = no_notify>
class basic_daemon
{
    using policy_list = detail::policies<ForkPolicy, PidPolicy, SignalPolicy, StdioPolicy, NotifyPolicy>;
    using daemon_runtime = detail::runtime<Derived, policy_list>;

public:
    /// This base class, for code that must not use members of `Derived` with the same names.
    using daemon_type = basic_daemon;
    /// The settings of this daemon: those of its policies, and those of all daemons.
    using settings = daemon_settings<ForkPolicy, PidPolicy, SignalPolicy, StdioPolicy, NotifyPolicy>;

    /// Whether stop(), reload() and status() can find the daemon.
    static constexpr bool can_be_found = PidPolicy::records_pid;

    /// Constructors of the deriving class run in the process that executes the verb: the launcher, for start().
    basic_daemon() { detail::check_hooks<Derived, basic_daemon, SignalPolicy>(); }
    basic_daemon(const basic_daemon&) = delete;
    basic_daemon& operator=(const basic_daemon&) = delete;

    // ---- Hooks, which the deriving class declares public with these signatures. It must declare `int run(args...)`,
    // the work of the daemon: in the daemon, in the thread that called start(), as the user in the settings. `args` are
    // those of start() after the settings. The result is the exit status. An exception ends it with exit status 1.
    // on_start, on_dropped, on_reload and on_stop can take the same arguments: `void on_start(const config&)`. It may
    // declare `static void check(args...)`, or without arguments: what is wrong with the configuration, as an exception.
    // restart() calls it before it stops a daemon, in the process that executes the verb.

    /// Runs in the daemon before it is ready, still privileged, after the pid is published and stdio redirected. An
    /// exception ends the start; its text is the message of start() in the launcher.
    void on_start() {}

    /// Runs in the daemon before it is ready, as the user in the settings: for what must work after the drop of
    /// privileges, such as opening a log that a reload opens again. An exception ends the start, as in on_start().
    void on_dropped() {}

    /// Called by wait() or wait_for() in the daemon, after SIGHUP. An exception refuses the reload, and the daemon goes
    /// on: its text is the message of the verb reload. Keep the old configuration until the new one is complete.
    void on_reload() {}

    /// Runs in the daemon after run() has returned; not after an exception.
    void on_stop() {}

    /// Called by wait() or wait_for() in the daemon, for a signal that the SignalPolicy chooses. Must be declared then.
    void on_signal(int)
        requires(!detail::chooses_signals<SignalPolicy>)
    {
    }

    /// Called before run(), and by wait() or wait_for(), in the daemon for each exited child: its pid and its wait
    /// status, waitpid(2). The child was collected. If the process has several threads, up to half a second later, so
    /// that system(3) in another thread gets its status. Only with a SignalPolicy that collects children.
    void on_child(pid_t, int) {}

    // ---- For run() and the hooks: in the daemon, in the thread that called start(), from on_start() to on_stop().

    /// In on_start(): gives a file or directory, which the program has made, to the user and group in the settings. Does
    /// nothing if there is no such user. Throws startup_error if it is a symbolic link or has several hard links:
    /// another user could make root give away a file.
    void give_to_user(const std::string& path) { runtime_.give_to_user(path); }

    /// Sleeps for `time` and calls the hooks for the signals that arrive meanwhile. Returns false as soon as a stop
    /// signal has arrived. wait_for(0s) handles the signals that have arrived: for event loops, when signal_fd() is
    /// readable. Throws std::logic_error outside of run() and the hooks, and what on_signal() and on_child() throw.
    template <class Rep, class Period>
    bool wait_for(std::chrono::duration<Rep, Period> time)
    {
        return runtime_.wait_for(derived_object(), sys::saturate(time));
    }

    /// Sleeps until one signal was handled. Returns false if it was a stop signal. Throws like wait_for().
    bool wait() { return runtime_.wait(derived_object()); }

    /// Whether a stop signal has arrived, or the identity is lost: for loops that never call wait(). Can be called in any
    /// thread; makes a relaxed load or two and no system call. Only with self_pipe_signals, reaping_signals or flag_signals.
    [[nodiscard]] bool stop_requested() const noexcept
    {
        constexpr bool known = detail::has_stop_requested<detail::signals_type<SignalPolicy>>;
        static_assert(known || SignalPolicy::claims_signals,
                      "daemonkit: this SignalPolicy receives no stop signal: use self_pipe_signals or flag_signals");
        static_assert(known,
                      "daemonkit: this SignalPolicy knows of a stop only inside wait() and wait_for(): call those, "
                      "or use self_pipe_signals or flag_signals");
        if constexpr (known) return runtime_.stop_requested();
    }

    /// Whether wait_for(0s) has a signal to handle, a reload for example: for loops that work all the time and call it
    /// then. Can be called in any thread; makes one relaxed load. Only with the same policies.
    [[nodiscard]] bool signal_arrived() const noexcept
    {
        constexpr bool known = detail::has_signal_arrived<detail::signals_type<SignalPolicy>>;
        static_assert(known, "daemonkit: signal_arrived() needs self_pipe_signals, reaping_signals or flag_signals");
        if constexpr (known) return runtime_.signal_arrived();
    }

    /// A descriptor that is readable if wait_for(0s) has something to do: a signal, news of the identity, a ping for the
    /// watchdog. For event loops. Do not close it. Throws std::logic_error outside of run(), startup_error. Only with
    /// signalfd_signals, self_pipe_signals or reaping_signals.
    [[nodiscard]] int signal_fd() const
    {
        constexpr bool has = detail::has_signal_fd<detail::signals_type<SignalPolicy>>;
        static_assert(has, "daemonkit: this SignalPolicy has no descriptor: use signalfd_signals or self_pipe_signals");
        if constexpr (has) return runtime_.signal_fd();
    }

    /// The guard of the identity: for a PidPolicy that knows more than a pid, such as a token. Throws std::logic_error
    /// outside of run() and the hooks.
    [[nodiscard]] const auto& identity() const { return runtime_.held_identity(); }

    /// The signal mask for children that are not made by fork(2): for posix_spawnattr_setsigmask(3). In any thread.
    [[nodiscard]] sigset_t child_mask() const noexcept { return runtime_.child_mask(); }

    /// Reports that the daemon is ready: start() returns in the launcher, and the service manager is notified. Call it
    /// in run(), and only if the class declares `static constexpr bool announces_ready = true`. Otherwise the lifecycle
    /// calls it after on_start() and dropping privileges. Only the first call has an effect.
    void ready() noexcept
    {
        static_assert(detail::announces_ready<Derived>(),
                      "daemonkit: ready() is called by the lifecycle before run(): declare `static constexpr bool "
                      "announces_ready = true` in the daemon's class to call it in run() instead");
        runtime_.ready();
    }

    /// While the daemon starts: the launcher waits for this time from now on, instead of until its deadline. The
    /// service manager does too, also while the daemon stops (EXTEND_TIMEOUT_USEC, sd_notify(3)).
    template <class Rep, class Period>
    void extend(std::chrono::duration<Rep, Period> time)
    {
        runtime_.extend(sys::saturate(time));
    }

    /// Says in one line what the daemon does: to a launcher that waits, and a service manager (STATUS, sd_notify(3)).
    void notify_status(std::string_view text) noexcept { runtime_.notify_status(text); }

    // ---- The same, for a service manager. Without one, and with no_notify, these do nothing.

    /// Half of WATCHDOG_USEC, sd_watchdog_enabled(3), or less if the identity demands it (`stuck_after` of a lease): an
    /// event loop must call wait_for(0s) this often, and signal_fd() is readable then. Longer calls of wait() and
    /// wait_for() send the pings in time. std::chrono::nanoseconds::max() if there is neither.
    [[nodiscard]] std::chrono::nanoseconds watchdog_interval() const noexcept { return runtime_.watchdog_interval(); }

    /// Sends the manager a copy of a descriptor for the next start, also after a crash (FDSTORE, sd_notify(3)). In that
    /// start socket_activation has it under this name. Returns whether the request was sent. Throws
    /// std::invalid_argument unless `name` is 1 to 255 printable ASCII characters without a colon.
    bool store_descriptor(int fd, std::string_view name) { return runtime_.store_descriptor(fd, name); }

    /// Makes the manager close the descriptors stored under this name. Throws like store_descriptor().
    void remove_descriptor(std::string_view name) { runtime_.remove_descriptor(name); }

    // ---- Verbs: any process can call them. Results convert to the exit status.

    /// Starts the daemon; `args` are passed to run(). Returns in the launcher when the daemon is ready, has failed, has
    /// died or is late. Returns in the daemon when run() has returned. result.in_launcher tells which process it is.
    /// Does not throw: the result holds the error. In pid 1 it does the same as run_in_foreground(). If a daemon stops,
    /// waits for its end first, at most for the deadline of the ForkPolicy.
    template <class... Args>
    start_result start(const settings& s, Args&&... args)
    {
        return start_watched(no_progress{}, s, std::forward<Args>(args)...);
    }

    /// Like start(), and calls `progress` in the launcher once a second while it waits: core/progress.hpp.
    template <class Progress, class... Args>
    start_result start_watched(Progress progress, const settings& s, Args&&... args)
    {
        return live_here(false, progress, s, std::forward<Args>(args)...);
    }

    /// The verb run: this process is the daemon; no fork, stdio is not redirected. Returns when run() has returned.
    template <class... Args>
    start_result run_in_foreground(const settings& s, Args&&... args)
    {
        detail::no_launcher progress;
        return live_here(true, progress, s, std::forward<Args>(args)...);
    }

    /// Ends the daemon that the PidPolicy in `s` finds, by the schedule in `s`. Returns when its process has exited.
    /// Success if none runs. Calls `progress(elapsed)` once a second while it waits. Does not throw.
    template <class Progress = no_progress>
    [[nodiscard]] static control_result stop(const settings& s, Progress progress = {})
    {
        static_assert(can_be_found, "daemonkit: stop() needs a PidPolicy that records the pid: use pid_file or "
                                    "flock_pid_file");
        if constexpr (can_be_found) return detail::stop(s.pid, s.stop, progress);
    }

    /// stop(), then start(). Starts a daemon that does not run. Returns like start(); adds why a daemon had to be killed.
    template <class... Args>
    start_result restart(const settings& s, Args&&... args)
    {
        return restart_watched(no_progress{}, restart_if::always, s, std::forward<Args>(args)...);
    }

    /// Like restart(), but only if the daemon runs. Success if it does not.
    template <class... Args>
    start_result try_restart(const settings& s, Args&&... args)
    {
        return restart_watched(no_progress{}, restart_if::running, s, std::forward<Args>(args)...);
    }

    /// restart() or try_restart(), by `condition`. Calls `progress(elapsed)` once a second while it waits.
    template <class Progress, class... Args>
    start_result restart_watched(Progress progress, restart_if condition, const settings& s, Args&&... args)
    {
        static_assert(can_be_found, "daemonkit: restart() needs a PidPolicy that records the pid: use pid_file or "
                                    "flock_pid_file");
        detail::require_check<Derived, Args...>();
        if constexpr (detail::has_check<Derived, Args...> && can_be_found) {
            // A daemon that does not run is not restarted: nothing to check.
            const auto may_run = [&] {
                const auto found = status(s);
                return found.pid != 0 || found.state == status_report::condition::starting;
            };
            if (condition == restart_if::always || may_run())
                if (auto wrong = detail::checked(derived_object(), args...); wrong.status != exit_status::done)
                    return detail::not_restarted(std::move(wrong));
        }
        return detail::start_again(stop(s, progress), condition, s, name_of(s),
                                   [&] { return start_watched(progress, s, std::forward<Args>(args)...); });
    }

    /// Makes the daemon that the PidPolicy in `s` finds reload. Returns when on_reload() has ended there, at most after
    /// the reload_deadline in `s`. If on_reload() throws, its text is the message. Does not throw.
    [[nodiscard]] static control_result reload(const settings& s)
    {
        static_assert(can_be_found, "daemonkit: reload() needs a PidPolicy that records the pid: use pid_file or "
                                    "flock_pid_file");
        static_assert(hears_reload(), "daemonkit: reload() would have no effect: declare `public: void on_reload()`, "
                                      "or use log_file_stdio, and a SignalPolicy other than inherit_signals");
        if constexpr (can_be_found) return detail::reload(s.pid, s.reload_deadline);
    }

    /// reload(), after check(args...), which is called if a daemon runs. If check() throws, the daemon is told nothing.
    template <class... Args>
    [[nodiscard]] control_result check_and_reload(const settings& s, Args&&... args)
    {
        detail::require_check<Derived, Args...>();
        if constexpr (detail::has_check<Derived, Args...> && can_be_found && hears_reload())
            return detail::reload(s.pid, s.reload_deadline, [&] { return detail::checked(derived_object(), args...); });
        else
            return reload(s);
    }

    /// Sends the daemon that the PidPolicy in `s` finds a signal that it passes to on_signal(); others are refused.
    /// Returns when the signal was sent. Does not throw.
    [[nodiscard]] static control_result send_signal(const settings& s, int signal)
        requires(detail::chooses_signals<SignalPolicy> && can_be_found)
    {
        return detail::send_signal(s.pid, s.signals, signal);
    }

    /// The state of the daemon that the PidPolicy in `s` finds. Any user may call it. Does not throw.
    [[nodiscard]] static auto status(const settings& s)
    {
        static_assert(can_be_found, "daemonkit: status() needs a PidPolicy that records the pid: use pid_file or "
                                    "flock_pid_file");
        if constexpr (can_be_found) return detail::status(s.pid, name_of(s));
    }

    // ---- Constants

    /// Whether a reload has an effect: the class declares on_reload(), or the StdioPolicy reopens files.
    static constexpr bool hears_reload() { return daemon_runtime::hears_reload(); }

    /// The name in messages: the one in `s`, or the name by which the program was called.
    [[nodiscard]] static std::string name_of(const settings& s) { return detail::name_of(s); }

private:
    Derived& derived_object() noexcept { return static_cast<Derived&>(*this); }
    template <class Progress, class... Args>
    start_result live_here(bool in_foreground, Progress& progress, const settings& s, Args&&... args)
    {
        return detail::life<Derived, policy_list, settings>(derived_object(), runtime_, s,
                                                            in_foreground)(progress, std::forward<Args>(args)...);
    }

    daemon_runtime runtime_{};
};

} // namespace daemonkit
