// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the policies are in the wrong order: basic_daemon<Derived, ForkPolicy, PidPolicy, SignalPolicy, StdioPolicy, NotifyPolicy>
#include "foreground.hpp"

#ifdef REJECT
using mine = composed<no_fork, no_pid_file, inherit_stdio, inherit_signals>;
#else
using mine = composed<no_fork, no_pid_file, inherit_signals, inherit_stdio>;
#endif

int main() { return start<mine>({}); }
