// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the link that the ForkPolicy's detach() returns lacks `void fail(std::string_view sentence, int status) noexcept`
#include "foreground.hpp"

struct mine
{
    struct link
    {
        bool in_origin() const { return false; }
        int descriptor() const { return -1; }
        void ready() noexcept {}
#ifndef REJECT
        void fail(std::string_view, int) noexcept {}
#endif
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
