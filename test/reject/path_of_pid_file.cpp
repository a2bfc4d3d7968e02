// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: a required setting is missing: the path of the pid file, .pid = {.path = ...}, or the output of the log file, .stdio = {.output = ...}
#include "foreground.hpp"

#include <daemonkit/pid/pid_file.hpp>

using mine = with_pid<daemonkit::pid_file>;

#ifdef REJECT
int main() { return mine{}.start({.pid = {}}); }
#else
int main() { return mine{}.start({.pid = {.path = "/run/mine.pid"}}); }
#endif
