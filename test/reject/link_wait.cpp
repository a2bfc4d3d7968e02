// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the link that the ForkPolicy's detach() returns lacks `start_report wait(Progress)`, a template
#include "foreground.hpp"

struct mine
{
    struct link
    {
        bool in_origin() const { return false; }
        int descriptor() const { return -1; }
        void ready() noexcept {}
        void fail(std::string_view, int) noexcept {}
        void extend(std::chrono::nanoseconds) noexcept {}
#ifndef REJECT
        template <class Progress>
        start_report wait(Progress)
        {
            return {};
        }
#endif
    };
    static constexpr bool detaches = false;
    link detach() const { return {}; }
};

int main() { return start<with_fork<mine>>({}); }
