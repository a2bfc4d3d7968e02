// SPDX-License-Identifier: BSL-1.0
// Signals to a verified daemon. find() returns the pidfd of a process that was verified after the pidfd was opened, and
// every signal goes through that pidfd: a pid that is used again is never signalled.
#pragma once

#include "../../compiled.hpp"
#include "../../core/pid_holder.hpp"
#include "../../core/startup_error.hpp"
#include "../../sys/account_name.hpp"
#include "../../sys/process.hpp"
#include "../../text/joined.hpp"
#include "../control_result.hpp"

namespace daemonkit::detail {

/// Sends a signal. Returns false and errno if the caller is not allowed to. Returns true if the process has exited.
[[nodiscard]] inline bool send(const pid_holder& daemon, int signal) noexcept
{
    return sys::pidfd_send_signal(daemon.process.get(), signal) != -1 || errno == ESRCH;
}

/// Whether SIGCONT may follow this signal: not SIGKILL, which ends a stopped process too, and not those that stop one.
[[nodiscard]] inline bool may_be_continued(int signal) noexcept
{
    for (const int other : {SIGKILL, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU})
        if (signal == other) return false;
    return true;
}

/// Sends a signal by which the daemon is to end. SIGCONT follows if the daemon was stopped, because a stopped process
/// handles other signals only when it continues: systemd, runit and s6 do so. Not otherwise: SIGCONT takes back the
/// SIGSTOP of a debugger or leak checker that attaches just then, which would wait for ever. Returns as send().
[[nodiscard]] DAEMONKIT_INLINE bool send_and_continue(const pid_holder& daemon, int signal);

/// The user of a process that this one is not allowed to signal; empty if /proc hides it.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string user_of_process(pid_t pid);

[[nodiscard]] DAEMONKIT_INLINE control_result cannot_signal(pid_t pid);

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE bool send_and_continue(const pid_holder& daemon, int signal)
{
    bool stopped = false;
    if (may_be_continued(signal)) {
        const char state = sys::state_of(daemon.pid); // of a later process with this pid: then the signals fail
        stopped = state == '\0' || state == 'T';
    }
    if (!send(daemon, signal)) return false;
    if (stopped) sys::pidfd_send_signal(daemon.process.get(), SIGCONT); // fails if it has exited
    return true;
}

DAEMONKIT_INLINE std::string user_of_process(pid_t pid)
{
    uid_t users[3] = {};
    if (!sys::users_of(pid, users)) return {};
    return sys::joined({"Operation not permitted: it runs as ", sys::described_user(users[0])});
}

DAEMONKIT_INLINE control_result cannot_signal(pid_t pid)
{
    const auto error = last_error();
    const char* const step = "send a signal to process";
    const auto e = error.value() == EPERM && sys::can_signal_by_pidfd()
                       ? startup_error(error, step, sys::joined({pid}), user_of_process(pid))
                       : call_error(error, "pidfd_send_signal", step, sys::joined({pid}));
    return {e.status(), pid, e.what()};
}

#endif

} // namespace daemonkit::detail
