// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the link that the ForkPolicy's detach() returns lacks `bool in_origin() const`
#include "foreground.hpp"

struct mine
{
    struct link
    {
#ifndef REJECT
        bool in_origin() const { return false; }
#endif
        int descriptor() const { return -1; }
        void ready() noexcept {}
        void fail(std::string_view, int) noexcept {}
        void extend(std::chrono::nanoseconds) noexcept {}
        template <class Progress>
        start_report wait(Progress)
        {
            return {};
        }
    };
    static constexpr bool detaches = false;
    link detach() const { return {}; }
};

int main() { return start<with_fork<mine>>({}); }
