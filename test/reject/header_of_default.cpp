// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: a policy is declared but not defined here: include its header, or all of <daemonkit/daemonkit.hpp>
#include <daemonkit/basic_daemon.hpp>
#ifndef REJECT
#include <daemonkit/daemonkit.hpp>
#endif

struct mine : daemonkit::basic_daemon<mine>
{
    int run() { return 0; }
};

int main() { return mine{}.start({.pid = {.path = "/run/mine.pid"}}); }
