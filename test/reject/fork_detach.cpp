// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the ForkPolicy lacks `detach() const`
#include "foreground.hpp"

#include <daemonkit/fork/single_fork.hpp>
#include <daemonkit/stdio/null_stdio.hpp>

struct mine
{
    static constexpr bool detaches = true;
#ifndef REJECT
    auto detach() const { return daemonkit::single_fork{}.detach(); }
#endif
};

int main() { return start<composed<mine, no_pid_file, inherit_signals, daemonkit::null_stdio>>({}); }
