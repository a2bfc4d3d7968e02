// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: a daemon that detaches must not keep the terminal's stdin, stdout and stderr: use null_stdio or log_file_stdio, or no_fork to stay in the foreground
#include "foreground.hpp"

#include <daemonkit/fork/double_fork.hpp>
#include <daemonkit/stdio/null_stdio.hpp>

#ifdef REJECT
using mine = composed<daemonkit::double_fork, no_pid_file, inherit_signals, inherit_stdio>;
#else
using mine = composed<daemonkit::double_fork, no_pid_file, inherit_signals, daemonkit::null_stdio>;
#endif

int main() { return start<mine>({}); }
