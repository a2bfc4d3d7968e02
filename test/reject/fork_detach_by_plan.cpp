// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the ForkPolicy leaves no launcher, but lacks `detach(const launcher_plan&) const`
#include "foreground.hpp"

#include <daemonkit/fork/handoff_fork.hpp>
#include <daemonkit/stdio/null_stdio.hpp>

struct mine
{
    static constexpr bool detaches = true;
    static constexpr bool leaves_no_launcher = true;
#ifdef REJECT
    auto detach() const { return daemonkit::handoff_fork{}.detach(); }
#else
    auto detach(const daemonkit::launcher_plan& plan = {}) const { return daemonkit::handoff_fork{}.detach(plan); }
#endif
};

int main() { return start<composed<mine, no_pid_file, inherit_signals, daemonkit::null_stdio>>({}); }
