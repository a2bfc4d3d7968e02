// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the link that the ForkPolicy's detach() returns has stopping(), but not all of what a service manager's link has
#include "foreground.hpp"

#include <daemonkit/fork/notify_no_fork.hpp>

struct half : no_fork::link
{
    void stopping() noexcept {}
};

struct mine
{
    static constexpr bool detaches = false;
#ifdef REJECT
    half detach() const { return {}; }
#else
    daemonkit::notify_link detach() const { return daemonkit::notify_link(-1); }
#endif
};

int main() { return start<with_fork<mine>>({}); }
