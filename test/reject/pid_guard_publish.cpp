// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the guard that the PidPolicy's claim() returns lacks `void publish(pid_t)`
#include "foreground.hpp"

struct mine
{
    struct guard
    {
#ifndef REJECT
        void publish(pid_t) {}
#endif
        void release() noexcept {}
        std::array<int, 1> descriptors() const { return {-1}; }
        int lost_fd() const { return -1; }
        bool keep() { return true; }
    };
    static constexpr bool records_pid = false;
    guard claim() const { return {}; }
};

int main() { return start<with_pid<mine>>({}); }
