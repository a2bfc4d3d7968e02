// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: what the ForkPolicy's foreground() returns is no ForkPolicy that stays in the foreground
#include "foreground.hpp"

#include <daemonkit/fork/double_fork.hpp>

struct mine
{
    static constexpr bool detaches = false;
    no_fork::link detach() const { return {}; }
#ifdef REJECT
    daemonkit::double_fork foreground() const { return {}; }
#else
    no_fork foreground() const { return {}; }
#endif
};

int main() { return start<with_fork<mine>>({}); }
