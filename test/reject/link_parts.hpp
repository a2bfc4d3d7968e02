// SPDX-License-Identifier: BSL-1.0
// A ForkPolicy with a complete link, without the part that the including test removes under REJECT.
#pragma once

#include "foreground.hpp"

#include <daemonkit/stdio/null_stdio.hpp>

#ifdef READY_MAY_THROW
#define READY_IS noexcept(false)
#else
#define READY_IS noexcept
#endif

struct mine
{
    struct link
    {
#ifndef LACKS_IN_LAUNCHER
        bool in_launcher() const { return false; }
#endif
#ifndef LACKS_DESCRIPTOR
        int descriptor() const { return -1; }
#endif
#ifndef LACKS_READY
        void ready() READY_IS {}
#endif
#ifndef LACKS_FAIL
        void fail(std::string_view, int) noexcept {}
#endif
#ifndef LACKS_EXTEND
        void extend(std::chrono::nanoseconds) noexcept {}
#endif
#ifndef LACKS_WAIT
        template <class Progress>
        start_report wait(Progress)
        {
            return {};
        }
#endif
    };
    static constexpr bool detaches = true;
    link detach() const { return {}; }
};

using forking = composed<mine, no_pid_file, inherit_signals, daemonkit::null_stdio>;
