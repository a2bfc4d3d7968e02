// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: two parts of the preset are of the same family: name one
#include <daemonkit/presets.hpp>

#ifdef REJECT
using part = daemonkit::self_pipe_signals;
#else
using part = daemonkit::no_notify;
#endif

struct mine : daemonkit::container_daemon<mine, daemonkit::signalfd_signals, part>
{
    int run() { return 0; }
};

int main() { return mine{}.start({}); }
