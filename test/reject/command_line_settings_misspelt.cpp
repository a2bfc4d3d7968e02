// SPDX-License-Identifier: BSL-1.0
// expect gcc: no matching function for call to 'command_line<
// expect clang: no matching function for call to 'command_line'
// A designated initializer of an unknown member converts to no type, [over.ics.list]: the compiler cannot name the member
// when the settings are written inside a call. Make them a variable first: see settings_misspelt.cpp.
#include "foreground.hpp"

#include <daemonkit/command_line.hpp>

using mine = with_pid<no_pid_file>;

#ifdef REJECT
int main(int argc, char** argv) { return daemonkit::command_line<mine>(argc, argv, {.prcess = {.name = "mine"}}); }
#else
int main(int argc, char** argv) { return daemonkit::command_line<mine>(argc, argv, {.process = {.name = "mine"}}); }
#endif
