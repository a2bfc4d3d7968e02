// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: this ForkPolicy leaves no launcher that could release the instance: the guard that the PidPolicy's claim() returns needs `void take_over() noexcept` and `sys::raw_removal removal() const noexcept`
#ifdef REJECT
#define LACKS_TAKE_OVER
#endif
#include "pid_guard_parts.hpp"

#include <daemonkit/fork/handoff_fork.hpp>
#include <daemonkit/stdio/null_stdio.hpp>

using handed_over = composed<daemonkit::handoff_fork, mine, inherit_signals, daemonkit::null_stdio>;

int main() { return start<handed_over>({}); }
