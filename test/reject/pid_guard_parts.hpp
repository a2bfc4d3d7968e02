// SPDX-License-Identifier: BSL-1.0
// A PidPolicy with a complete guard, without the part that the including test removes under REJECT.
#pragma once

#include "foreground.hpp"

#include <string>

struct mine
{
    struct guard
    {
#ifndef LACKS_PUBLISH
        void publish(pid_t) {}
#endif
#ifndef LACKS_TAKE_OVER
        void take_over() noexcept {}
#endif
#ifndef LACKS_REMOVAL
        daemonkit::sys::raw_removal removal() const noexcept { return {}; }
#endif
#ifndef LACKS_RELEASE
        void release() noexcept {}
#endif
#ifndef LACKS_DESCRIPTORS
        std::array<int, 1> descriptors() const { return {-1}; }
#endif
#ifndef LACKS_LOST_FD
        int lost_fd() const { return -1; }
#endif
#ifndef LACKS_KEEP
        bool keep() { return true; }
#endif
#ifdef STANDS_BY
        void campaign() {}
        bool owns() const { return true; }
        bool is_ready_standing_by() const { return true; }
#ifndef LACKS_ROLE
        std::string role() const { return {}; }
#endif
#endif
    };
    static constexpr bool records_pid = false;
    guard claim() const { return {}; }
};
