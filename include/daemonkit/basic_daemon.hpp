// SPDX-License-Identifier: BSL-1.0
// A daemon is four decisions: how it detaches, how it proves which process it is, how it hears, and where it speaks.
// basic_daemon composes them at compile time; the class that derives from it supplies run() and the hooks it wants
// (CRTP). What happens when is in lifecycle.hpp.
#pragma once

#include "control.hpp"
#include "lifecycle.hpp"

#include <string>
#include <utility>

namespace daemonkit {

enum class restart_if { always, running };

struct double_fork;
struct flock_pid_file;
template <int...>
struct basic_signalfd_signals;
struct null_stdio;

template <class Derived, class ForkPolicy = double_fork, class PidPolicy = flock_pid_file,
          class SignalPolicy = basic_signalfd_signals<>, class StdioPolicy = null_stdio>
class basic_daemon : public lifecycle<Derived, ForkPolicy, PidPolicy, SignalPolicy, StdioPolicy>
{
    using life = lifecycle<Derived, ForkPolicy, PidPolicy, SignalPolicy, StdioPolicy>;

public:
    /// For code that must not be misled by members of the deriving class that have the same names.
    using daemon_type = basic_daemon;
    using settings = daemon_settings<ForkPolicy, PidPolicy, SignalPolicy, StdioPolicy>;

    basic_daemon() { derived::check_hooks<Derived>(); }

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
        requires(!chooses_signals<SignalPolicy>)
    {
    }
    /// In the daemon, before run() and out of wait() or wait_for(): a child has ended and was collected, where the
    /// SignalPolicy collects children and this process adopts orphans. `wait_status` as of waitpid(2).
    void on_child(pid_t, int) {}

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
        const bool in_foreground = ForkPolicy::detaches && sys::this_process() == 1;
        if (in_foreground)
            life::complain(life::name_of(s),
                           "pid 1 does not fork, its end would be the end of its container: running in the foreground");
        return this->live(in_foreground, progress, s, std::forward<Args>(args)...);
    }

    /// The verb run: the same daemon without fork and with the caller's stdio, identity and signals kept.
    template <class... Args>
    start_result run_in_foreground(const settings& s, Args&&... args)
    {
        in_silence progress;
        return this->live(true, progress, s, std::forward<Args>(args)...);
    }

    /// Ends the daemon that has the identity in `s`, by the schedule in `s`; returns the moment it is gone.
    template <class Progress = in_silence>
    [[nodiscard]] static control_result stop(const settings& s, Progress progress = {})
    {
        static_assert(can_be_found, "daemonkit: stop() needs a PidPolicy that records the pid: take pid_file or "
                                    "flock_pid_file");
        if constexpr (can_be_found) return control::stop(s.pid, s.stop, progress);
    }

    /// stop(), and start() if nothing is in the way. A daemon that does not run is started.
    template <class... Args>
    start_result restart(const settings& s, Args&&... args)
    {
        return restart_watched(in_silence{}, restart_if::always, s, std::forward<Args>(args)...);
    }

    /// restart() of a daemon that runs; success if it does not.
    template <class... Args>
    start_result try_restart(const settings& s, Args&&... args)
    {
        return restart_watched(in_silence{}, restart_if::running, s, std::forward<Args>(args)...);
    }

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

    /// Makes the daemon that has the identity in `s` reload, and returns when on_reload() has ended there; what it threw
    /// is the message, and the old state stays. Waits no longer than the reload_deadline in `s`.
    [[nodiscard]] static control_result reload(const settings& s)
    {
        static_assert(can_be_found, "daemonkit: reload() needs a PidPolicy that records the pid: take pid_file or "
                                    "flock_pid_file");
        static_assert(hears_reload(), "daemonkit: nobody would hear reload(): declare `public: void on_reload()`, or "
                                      "take log_file_stdio, and a SignalPolicy other than inherit_signals");
        if constexpr (can_be_found) return control::reload(s.pid, s.reload_deadline);
    }

    /// What is known of the daemon that has the identity in `s`; any user may ask.
    [[nodiscard]] static status_report status(const settings& s)
    {
        static_assert(can_be_found, "daemonkit: status() needs a PidPolicy that records the pid: take pid_file or "
                                    "flock_pid_file");
        if constexpr (can_be_found) return control::status(s.pid, life::name_of(s));
    }

    // ---- facts ----------------------------------------------------------------------------------------------------

    /// Whether stop(), reload() and status() can find the daemon.
    static constexpr bool can_be_found = PidPolicy::records_pid;

    using life::hears_reload;
    using life::name_of;
};

} // namespace daemonkit
