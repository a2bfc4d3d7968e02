// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the link that the ForkPolicy's detach() returns lacks `void ready() noexcept`
#include "foreground.hpp"

struct mine
{
    struct link
    {
        bool in_origin() const { return false; }
        int descriptor() const { return -1; }
#ifndef REJECT
        void ready() noexcept {}
#endif
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
