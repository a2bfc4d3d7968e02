// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: a required setting is missing: the path of the pid file, .pid = {.path = ...}, or the output of the log file, .stdio = {.output = ...}
#include "foreground.hpp"

#include <daemonkit/stdio/log_file_stdio.hpp>

using mine = with_stdio<daemonkit::log_file_stdio>;

#ifdef REJECT
int main() { return mine{}.start({.stdio = {}}); }
#else
int main() { return mine{}.start({.stdio = {.output = "/var/log/mine.log"}}); }
#endif
