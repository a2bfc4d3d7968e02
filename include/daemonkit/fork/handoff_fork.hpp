// SPDX-License-Identifier: BSL-1.0
// The daemon takes the whole memory of the launcher instead of a copy. Detaching takes the same time with gigabytes in
// memory as with none, and no page is copied when it is first written. As with double_fork, the daemon is in a session
// that it does not lead, and init collects it. clone(2), CLONE_VM.
//
// Restrictions:
// - start() returns in the daemon only. The launcher has no memory of its own by then. It prints on standard error why
//   a start failed, and exits with the exit status of the report. None of your code runs in the launcher after start().
//   Destructors and exit handlers run once, in the daemon. The Progress of start_watched() is not called. If
//   `announces` is set and standard error is a terminal, the launcher shows how long it waits, and the status line.
// - Your signal handlers do not run in the launcher while it waits. SIGINT, SIGQUIT, SIGTERM and SIGHUP cancel the
//   start, unless they are ignored or blocked. Another signal that kills the launcher does not stop the daemon. The other
//   signals that dump core stay blocked in the launcher, because the memory is shared. Before Linux 5.16, a daemon that
//   dumps core before it is ready kills the launcher too, which then prints nothing.
// - Fork handlers do not run, because nothing is forked: pthread_atfork(3).
// - The daemon loses what the kernel keeps for each process, as after fork(2): record locks of fcntl(2), timers, and
//   unfinished requests to an io_uring(7).
// - start() fails under AddressSanitizer, ThreadSanitizer, MemorySanitizer and valgrind, which track memory or stacks
//   for each process. It also fails on processors other than x86-64 and ARM64.
#pragma once

#include "../core/require_cxx20.hpp"

#include "detail/handoff_link.hpp"

#include <string>

namespace daemonkit {

/// ForkPolicy: detaches by handing the launcher's memory over to the daemon.
struct handoff_fork
{
    /// How long the launcher waits for the daemon to be ready before it ends the daemon.
    std::chrono::nanoseconds deadline = std::chrono::seconds(30);
    /// Whether the launcher prints "NAME: started (pid N)" on standard output; command_line() sets it.
    bool announces = false;
    /// NAME in the launcher's messages; empty: the name by which the program was called.
    std::string name{};

    /// run() runs in another process than start().
    static constexpr bool detaches = true;
    /// start() does not return in the launcher, because its memory belongs to the daemon.
    static constexpr bool leaves_no_launcher = true;

    /// In the launcher: makes the daemon, returns in the daemon only. Throws startup_error.
    [[nodiscard]] detail::handoff_link detach(const launcher_plan& plan = {}) const
    {
        return {deadline, announces, name, plan};
    }
};

} // namespace daemonkit
