// SPDX-License-Identifier: BSL-1.0
// A wall clock of their own for processes that the test forks, which the test sets while they run. The clock of the
// machine is never set. Code of the process and of its libraries reads this one. The kernel does not know it, so its
// timers must be of other clocks: timers_of().
#pragma once

#include <atomic>
#include <chrono>

#include <sys/types.h>

class wall_clock
{
public:
    wall_clock();
    wall_clock(const wall_clock&) = delete;
    wall_clock& operator=(const wall_clock&) = delete;
    ~wall_clock();

    /// In a child: it is the wall clock of this process from now on.
    void use() const noexcept;
    /// In the test: it shows the time of the machine and so much more.
    void set(std::chrono::seconds more) const noexcept { *seconds_ = static_cast<long>(more.count()); }

private:
    std::atomic<long>* seconds_; // in shared memory
};

/// How many timers of the process are in the kernel, and how many of them an operator who sets the clock would move.
struct kernel_timers
{
    int all = 0;
    int by_wall_clock = 0;
};
kernel_timers timers_of(pid_t pid);
