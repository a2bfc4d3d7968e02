// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the guard that the PidPolicy's claim() returns lacks `descriptors() const`, a range of int
#include "foreground.hpp"

struct mine
{
    struct guard
    {
        void publish(pid_t) {}
        void release() noexcept {}
#ifndef REJECT
        std::array<int, 1> descriptors() const { return {-1}; }
#endif
        int lost_fd() const { return -1; }
        bool keep() { return true; }
    };
    static constexpr bool records_pid = false;
    guard claim() const { return {}; }
};

int main() { return start<with_pid<mine>>({}); }
