// SPDX-License-Identifier: BSL-1.0
// Stays in the foreground: for containers, service managers (daemon(7), new-style daemons) and debuggers.
// start() then returns when run() has returned.
#pragma once

#include "concept.hpp"

namespace daemonkit {

struct no_fork
{
    static constexpr bool detaches = false;

    struct link
    {
        static constexpr bool in_origin() noexcept { return false; }
        static constexpr int descriptor() noexcept { return -1; }
        void ready() noexcept {}
        void fail(std::string_view, int) noexcept {}
        void extend(std::chrono::nanoseconds) noexcept {}
        template <class Progress>
        start_report wait(Progress)
        {
            return {};
        }
    };

    [[nodiscard]] link detach() const noexcept { return {}; }
};

} // namespace daemonkit
