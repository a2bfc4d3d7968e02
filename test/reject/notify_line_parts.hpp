// SPDX-License-Identifier: BSL-1.0
// A NotifyPolicy whose line is whole, but for the part that the including test takes away under REJECT.
#pragma once

#include "foreground.hpp"

#include <array>

struct mine
{
    struct line
    {
#ifndef LACKS_DESCRIPTORS
        std::array<int, 1> descriptors() const { return {-1}; }
#endif
#ifndef LACKS_READY
        void ready() noexcept {}
#endif
#ifndef LACKS_FAIL
        void fail(std::string_view, int) noexcept {}
#endif
#ifndef LACKS_EXTEND
        void extend(std::chrono::nanoseconds) noexcept {}
#endif
#ifndef LACKS_ALIVE
        std::chrono::nanoseconds alive() noexcept { return daemonkit::sys::forever; }
#endif
#ifndef LACKS_WATCHDOG_INTERVAL
        std::chrono::nanoseconds watchdog_interval() const noexcept { return daemonkit::sys::forever; }
#endif
#ifndef LACKS_RELOADING
        void reloading() noexcept {}
#endif
#ifndef LACKS_RELOADED
        void reloaded(std::string_view) noexcept {}
#endif
#ifndef LACKS_STATUS
        void status(std::string_view) noexcept {}
#endif
#ifndef LACKS_STOPPING
        void stopping() noexcept {}
#endif
#ifndef LACKS_STORE
        bool store(int, std::string_view) noexcept { return false; }
#endif
#ifndef LACKS_REMOVE
        void remove(std::string_view) noexcept {}
#endif
    };
    static constexpr bool notifies = true;
    line connect() const { return {}; }
};
