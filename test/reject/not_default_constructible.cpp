// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the daemon's class has no default constructor: make the daemon yourself and pass it, `command_line(my_daemon, argc, argv, settings)`
#include "foreground.hpp"

#include <daemonkit/command_line.hpp>

struct mine : foreground<mine>
{
#ifdef REJECT
    explicit mine(int) {}
#endif
    int run() { return 0; }
};

int main(int argc, char** argv) { return daemonkit::command_line<mine>(argc, argv, {}); }
