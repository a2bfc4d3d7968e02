// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the guard that the PidPolicy's claim() returns lacks `bool keep()`
#include "foreground.hpp"

struct mine
{
    struct guard
    {
        void publish(pid_t) {}
        void release() noexcept {}
        std::array<int, 1> descriptors() const { return {-1}; }
        int lost_fd() const { return -1; }
#ifndef REJECT
        bool keep() { return true; }
#endif
    };
    static constexpr bool records_pid = false;
    guard claim() const { return {}; }
};

int main() { return start<with_pid<mine>>({}); }
