// SPDX-License-Identifier: BSL-1.0
// The daemon takes over the memory of the process that starts it, whole, instead of a copy: to detach costs the same
// with gigabytes in memory as with none, and no page is copied when it is first written. It is in a session of its own
// that it does not lead, as with double_fork, and init collects it. clone(2), CLONE_VM.
//
// What you give up:
// - start() returns in the daemon only. The origin, left without memory of its own, says on standard error why a start
//   failed and ends with the status of the report: no code of yours runs there after start(), no destructor and no
//   exit handler. Those of the daemon run once, in the daemon. start_watched() shows no progress.
// - A signal handler of yours does not run in the origin while it waits; a signal that would kill it does, and the
//   daemon goes on. SIGQUIT and the others that would dump the common memory wait until it ends. Before Linux 5.16 a
//   daemon that dumps core before it is ready takes the origin along, which then says nothing.
// - Fork handlers (pthread_atfork(3)) do not run, because nothing is forked.
// - What the kernel keeps by process and not by memory is lost as with fork(2): record locks of fcntl(2), timers; and
//   requests to an io_uring(7) that were not yet done.
// - Nothing that gives each process or stack a memory of its own in its books can follow: under AddressSanitizer,
//   ThreadSanitizer, MemorySanitizer and valgrind, and on processors other than x86-64 and ARM64, start() refuses.
#pragma once

#include "../core/require_cxx20.hpp"

#include "detail/handoff_link.hpp"

#include <string>

namespace daemonkit {

struct handoff_fork
{
    /// How long the origin waits for the daemon to be ready before it ends it.
    std::chrono::nanoseconds deadline = std::chrono::seconds(30);
    /// Whether the origin says "NAME: started (pid N)" on standard output; command_line() sets it.
    bool announces = false;
    /// In what the origin says; empty: the name the program was called by.
    std::string name{};

    static constexpr bool detaches = true;
    /// start() does not return in the launcher: its memory is the daemon's.
    static constexpr bool leaves_no_launcher = true;

    [[nodiscard]] detail::handoff_link detach(const launcher_plan& plan = {}) const
    {
        return {deadline, announces, name, plan};
    }
};

} // namespace daemonkit
