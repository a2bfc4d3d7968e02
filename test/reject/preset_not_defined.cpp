// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: a part of the preset is declared but not defined here: include its header, or all of <daemonkit/daemonkit.hpp>
#include <daemonkit/presets.hpp>

struct part;
#ifndef REJECT
struct part : daemonkit::no_notify
{};
#endif

struct mine : daemonkit::container_daemon<mine, part>
{
    int run() { return 0; }
};

int main() { return mine{}.start({}); }
