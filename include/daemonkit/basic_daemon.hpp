// SPDX-License-Identifier: BSL-1.0
// The whole interface of a daemon: the hooks that a deriving class declares, what run() and the hooks can call, and the
// verbs. The class derives from basic_daemon<itself, policies...> (CRTP) and supplies run(). README.md beside this file
// describes what happens in which order and process; the code is in lifecycle/detail/life.hpp.
//
// "Launcher" is the process that calls start(), "daemon" the process that runs run(). They are one process where the
// ForkPolicy does not detach, and by the verb run.
#pragma once

#include "core/require_cxx20.hpp"

#include "control/detail/reload.hpp"
#include "control/detail/status.hpp"
#include "control/detail/stop.hpp"
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

template <class Derived, class ForkPolicy = double_fork, class PidPolicy = flock_pid_file,
          class SignalPolicy = basic_signalfd_signals<>, class StdioPolicy = null_stdio, class NotifyPolicy = no_notify>
class basic_daemon
{
    using policy_list = detail::policies<ForkPolicy, PidPolicy, SignalPolicy, StdioPolicy, NotifyPolicy>;
    using daemon_runtime = detail::runtime<Derived, policy_list>;

public:
    /// For code that needs this class where the deriving class may have members of the same names.
    using daemon_type = basic_daemon;
    using settings = daemon_settings<ForkPolicy, PidPolicy, SignalPolicy, StdioPolicy, NotifyPolicy>;

    /// Constructors run in the process that is going to call a verb, before any fork.
    basic_daemon() { detail::check_hooks<Derived, SignalPolicy>(); }
    basic_daemon(const basic_daemon&) = delete;
    basic_daemon& operator=(const basic_daemon&) = delete;

    // ---- What the deriving class declares, public, with these signatures ------------------------------------------
    //
    // It must declare `int run(args...)`, the work of the daemon: in the daemon, in the thread that called start(), as
    // the user that the settings name. `args` are those of start(), after the settings. Its value is the exit status.
    // An exception ends the daemon with status 1.

    /// In the daemon, before it is ready: the identity is published and stdio redirected; still privileged. An
    /// exception ends the start, and start() prints its text.
    void on_start() {}

    /// In the daemon, out of wait() or wait_for(), after SIGHUP. An exception refuses the reload: its text is the
    /// answer of the verb reload, and the daemon goes on. Keep the old configuration until the new one is complete.
    void on_reload() {}

    /// In the daemon, after run() has returned; not after an exception.
    void on_stop() {}

    /// In the daemon, out of wait() or wait_for(), for a signal that the SignalPolicy chooses. Must be declared then.
    void on_signal(int)
        requires(!detail::chooses_signals<SignalPolicy>)
    {
    }

    /// In the daemon, before run() and out of wait() or wait_for(): a child has ended and was collected. Only with a
    /// SignalPolicy that collects children, in a process that adopts orphans. The status is that of waitpid(2).
    void on_child(pid_t, int) {}

    // ---- What run() and the hooks can call: in the daemon, in the thread that called start() -----------------------

    /// Sleeps for `time` and calls the hooks for the signals that arrive meanwhile. Returns false as soon as a stop was
    /// heard. Zero handles what has arrived: for event loops, when signal_fd() is readable. Throws std::logic_error
    /// outside of run() and the hooks, and what on_signal() and on_child() throw.
    template <class Rep, class Period>
    bool wait_for(std::chrono::duration<Rep, Period> time)
    {
        return runtime_.wait_for(derived_object(), sys::saturate(time));
    }

    /// Sleeps until one signal was handled; returns false if it was a stop. Throws like wait_for().
    bool wait() { return runtime_.wait(derived_object()); }

    /// Whether a stop was requested: for loops that never wait. In any thread: one relaxed load, no system call. Only
    /// with self_pipe_signals, reaping_signals or flag_signals.
    [[nodiscard]] bool stop_requested() const noexcept
    {
        constexpr bool known = detail::has_stop_requested<detail::signals_type<SignalPolicy>>;
        static_assert(known || SignalPolicy::claims_signals,
                      "daemonkit: this SignalPolicy never hears of a stop: take self_pipe_signals or flag_signals");
        static_assert(known,
                      "daemonkit: this SignalPolicy knows of a stop only inside wait() and wait_for(): use those, "
                      "or take self_pipe_signals or flag_signals");
        if constexpr (known) return runtime_.stop_requested();
    }

    /// A descriptor that is readable when wait_for(0s) has something to do: for event loops. It stays the daemon's.
    /// Only with signalfd_signals, self_pipe_signals or reaping_signals. Throws std::logic_error outside of run().
    [[nodiscard]] int signal_fd() const
    {
        constexpr bool has = detail::has_signal_fd<detail::signals_type<SignalPolicy>>;
        static_assert(has, "daemonkit: this SignalPolicy has no descriptor: take signalfd_signals or "
                           "self_pipe_signals");
        if constexpr (has) return runtime_.signal_fd();
    }

    /// The signal mask for children that are not made by fork(): for posix_spawnattr_setsigmask(3). In any thread.
    [[nodiscard]] sigset_t child_mask() const noexcept { return runtime_.child_mask(); }

    /// The daemon is ready: start() returns in the launcher, and the service manager is told. Only in a class that
    /// declares `static constexpr bool announces_ready = true`, once, out of run(); otherwise the daemon is ready when
    /// on_start() has returned and privileges are dropped. Later calls do nothing.
    void ready() noexcept
    {
        static_assert(detail::announces_ready<Derived>(),
                      "daemonkit: ready() is called by the lifecycle before run(): declare `static constexpr bool "
                      "announces_ready = true` in the daemon's class to call it in run() instead");
        runtime_.ready();
    }

    /// While the daemon starts: the launcher waits for this time from now on, whatever its deadline was. The service
    /// manager does so too, also while the daemon stops (EXTEND_TIMEOUT_USEC, sd_notify(3)).
    template <class Rep, class Period>
    void extend(std::chrono::duration<Rep, Period> time)
    {
        runtime_.extend(sys::saturate(time));
    }

    // ---- The same, for a service manager. Without one, and with no_notify, these do nothing ---------------------

    /// One line about what the daemon does, for people (STATUS, sd_notify(3)). Newlines become spaces.
    void notify_status(std::string_view text) noexcept { runtime_.notify_status(text); }

    /// The longest time that may pass between two calls of wait() or wait_for(): half of WATCHDOG_USEC,
    /// sd_watchdog_enabled(3). They keep to it themselves; an event loop calls wait_for(0s) this often.
    /// std::chrono::nanoseconds::max(): no watchdog.
    [[nodiscard]] std::chrono::nanoseconds watchdog_interval() const noexcept { return runtime_.watchdog_interval(); }

    /// Gives the manager a copy of a descriptor for the next start, also after a crash: socket_activation has it there
    /// under this name (FDSTORE, sd_notify(3)). Returns whether the request was sent. Throws std::invalid_argument
    /// unless `name` is 1 to 255 printable ASCII characters without a colon.
    bool store_descriptor(int fd, std::string_view name) { return runtime_.store_descriptor(fd, name); }

    /// The manager closes what was stored under this name. Throws like store_descriptor().
    void remove_descriptor(std::string_view name) { runtime_.remove_descriptor(name); }

    // ---- Verbs, for any process. Results convert to the exit status ---------------------------------------------

    /// Starts the daemon; `args` reach run(). Returns in the launcher when the daemon is ready, has failed, has died or
    /// is late, and in the daemon when run() has returned: result.in_launcher tells which. Throws nothing: the result
    /// says what failed. In pid 1 it is run_in_foreground().
    template <class... Args>
    start_result start(const settings& s, Args&&... args)
    {
        return start_watched(no_progress{}, s, std::forward<Args>(args)...);
    }

    /// start() that calls `progress(elapsed)` in the launcher once a second while it waits.
    template <class Progress, class... Args>
    start_result start_watched(Progress progress, const settings& s, Args&&... args)
    {
        const bool in_foreground = ForkPolicy::detaches && sys::this_process() == 1;
        if (in_foreground)
            sys::write_all(2, sys::joined({name_of(s), ": pid 1 does not fork, because its end is the end of its "
                                                       "container: running in the foreground\n"}));
        return live_here(in_foreground, progress, s, std::forward<Args>(args)...);
    }

    /// The verb run: the daemon is this process. No fork; standard input, output and error stay the caller's, whatever
    /// the StdioPolicy. Returns when run() has returned.
    template <class... Args>
    start_result run_in_foreground(const settings& s, Args&&... args)
    {
        no_progress progress;
        return live_here(true, progress, s, std::forward<Args>(args)...);
    }

    /// Ends the daemon that has the identity in `s`, by the schedule in `s`; returns when it is gone. Success if none
    /// runs. Calls `progress(elapsed)` once a second while it waits.
    template <class Progress = no_progress>
    [[nodiscard]] static control_result stop(const settings& s, Progress progress = {})
    {
        static_assert(can_be_found, "daemonkit: stop() needs a PidPolicy that records the pid: take pid_file or "
                                    "flock_pid_file");
        if constexpr (can_be_found) return detail::stop(s.pid, s.stop, progress);
    }

    /// stop(), then start(). A daemon that does not run is started.
    template <class... Args>
    start_result restart(const settings& s, Args&&... args)
    {
        return restart_watched(no_progress{}, restart_if::always, s, std::forward<Args>(args)...);
    }

    /// restart() of a daemon that runs; success if none runs.
    template <class... Args>
    start_result try_restart(const settings& s, Args&&... args)
    {
        return restart_watched(no_progress{}, restart_if::running, s, std::forward<Args>(args)...);
    }

    /// Both, with `progress(elapsed)` once a second while it waits.
    template <class Progress, class... Args>
    start_result restart_watched(Progress progress, restart_if condition, const settings& s, Args&&... args)
    {
        static_assert(can_be_found, "daemonkit: restart() needs a PidPolicy that records the pid: take pid_file or "
                                    "flock_pid_file");
        auto stopped = stop(s, progress);
        if (stopped.status != exit_status::done)
            return {{start_outcome::failed, stopped.status, stopped.pid, std::move(stopped.message)}, true};
        if (stopped.pid == 0 && condition == restart_if::running)
            return {{start_outcome::not_running, exit_status::done, 0, std::move(stopped.message)}, true};
        return start_watched(progress, s, std::forward<Args>(args)...);
    }

    /// Makes the daemon that has the identity in `s` reload. Returns when on_reload() has ended there; the text of what
    /// it threw is the message. Waits for the reload_deadline in `s` at most.
    [[nodiscard]] static control_result reload(const settings& s)
    {
        static_assert(can_be_found, "daemonkit: reload() needs a PidPolicy that records the pid: take pid_file or "
                                    "flock_pid_file");
        static_assert(hears_reload(), "daemonkit: nobody would hear reload(): declare `public: void on_reload()`, or "
                                      "take log_file_stdio, and a SignalPolicy other than inherit_signals");
        if constexpr (can_be_found) return detail::reload(s.pid, s.reload_deadline);
    }

    /// What is known of the daemon that has the identity in `s`. Any user may ask.
    [[nodiscard]] static status_report status(const settings& s)
    {
        static_assert(can_be_found, "daemonkit: status() needs a PidPolicy that records the pid: take pid_file or "
                                    "flock_pid_file");
        if constexpr (can_be_found) return detail::status(s.pid, name_of(s));
    }

    // ---- Constants ----------------------------------------------------------------------------------------------

    /// Whether stop(), reload() and status() can find the daemon.
    static constexpr bool can_be_found = PidPolicy::records_pid;
    /// Whether a reload means anything to the daemon: it declares on_reload(), or its stdio reopens files.
    static constexpr bool hears_reload() { return daemon_runtime::hears_reload(); }
    /// The name in messages: that in `s`, or the name that the program was called by.
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
