// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the NotifyPolicy must be copyable
#include "foreground.hpp"

#include <daemonkit/sys/unique_fd.hpp>

struct mine
{
#ifdef REJECT
    daemonkit::sys::unique_fd owned{};
#else
    int named = -1;
#endif
    static constexpr bool notifies = false;
};

int main() { return start<with_notify<mine>>({}); }
