// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the guard that the PidPolicy's claim() returns lacks `void release() noexcept`
#include "foreground.hpp"

struct mine
{
    struct guard
    {
        void publish(pid_t) {}
#ifndef REJECT
        void release() noexcept {}
#endif
        std::array<int, 1> descriptors() const { return {-1}; }
        int lost_fd() const { return -1; }
        bool keep() { return true; }
    };
    static constexpr bool records_pid = false;
    guard claim() const { return {}; }
};

int main() { return start<with_pid<mine>>({}); }
