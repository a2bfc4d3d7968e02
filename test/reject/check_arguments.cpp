// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: check() is private, or does not take the arguments that start() is given after the settings: declare `public: static void check(...)` with exactly these, or with none
#include "foreground.hpp"

#include <daemonkit/command_line.hpp>

struct mine : foreground<mine>
{
    int run(int) { return 0; }
#ifdef REJECT
    static void check(const char*) {}
#else
    static void check(int) {}
#endif
};

int main(int argc, char** argv) { return daemonkit::command_line<mine>(argc, argv, {}, 7); }
