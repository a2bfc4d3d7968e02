// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: a part of the preset is no policy of any family: each states one of `detaches`, `records_pid`, `claims_signals`, `keeps_terminal` and `notifies`
#include <daemonkit/presets.hpp>

struct part
#ifdef REJECT
{};
#else
    : daemonkit::no_notify
{};
#endif

struct mine : daemonkit::container_daemon<mine, part>
{
    int run() { return 0; }
};

int main() { return mine{}.start({}); }
