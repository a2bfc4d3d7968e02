// SPDX-License-Identifier: BSL-1.0
// expect gcc: no matching function for call to 'composed
// expect clang: no matching member function for call to 'start'
// A designated initializer of an unknown member converts to no type, [over.ics.list]: the compiler cannot name the member
// when the settings are written inside a call. Make them a variable first: see settings_misspelt.cpp.
#include "foreground.hpp"

#include <daemonkit/pid/pid_file.hpp>

using mine = with_pid<daemonkit::pid_file>;

#ifdef REJECT
int main() { return mine{}.start({.pid = {.pth = "/run/mine.pid"}}); }
#else
int main() { return mine{}.start({.pid = {.path = "/run/mine.pid"}}); }
#endif
