// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the NotifyPolicy lacks `connect() const`
#include "foreground.hpp"

#include <daemonkit/notify/service_notify.hpp>

struct mine
{
    static constexpr bool notifies = true;
#ifndef REJECT
    auto connect() const { return daemonkit::service_notify{}.connect(); }
#endif
};

int main() { return start<with_notify<mine>>({}); }
