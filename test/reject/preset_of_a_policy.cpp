// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the first argument of basic_daemon, and of a preset, is your own class: `struct my_daemon : daemonkit::sysv_daemon<my_daemon>`
#include "foreground.hpp"

#include <daemonkit/presets.hpp>

#ifdef REJECT
struct mine : daemonkit::container_daemon<daemonkit::signalfd_signals>
#else
struct mine : daemonkit::container_daemon<mine, daemonkit::signalfd_signals>
#endif
{
    int run() { return 0; }
};

int main() { return mine{}.start({}); }
