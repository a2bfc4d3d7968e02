// SPDX-License-Identifier: BSL-1.0
// Two things that happen a hundred microseconds apart are told apart only by an observer who does not wait for a
// processor: else the one who is woken first runs on, and the observer sees both at once. So while this lives the
// driver has a processor to itself, where there are several, and goes before everybody else, if it may (root).
#pragma once

#include "support/process.hpp"

#include <sched.h>

namespace bench {

class own_processor
{
public:
    /// What is spawned from now on shares the others.
    own_processor()
    {
        check(::sched_getaffinity(0, sizeof all_, &all_), "ask for the processors");
        CPU_ZERO(&mine_);
        others_ = all_;
        for (unsigned cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&all_) > 1 && CPU_COUNT(&mine_) == 0; ++cpu) {
            if (CPU_ISSET(cpu, &all_)) CPU_SET(cpu, &mine_);
            CPU_CLR(cpu, &others_);
        }
        move_to(others_);
    }
    own_processor(const own_processor&) = delete;
    own_processor& operator=(const own_processor&) = delete;
    ~own_processor()
    {
        const sched_param none{};
        ::sched_setscheduler(0, SCHED_OTHER, &none);
        ::sched_setaffinity(0, sizeof all_, &all_);
    }

    /// From now on; nothing is to be spawned any more.
    void take() const
    {
        if (has()) move_to(mine_);
        const sched_param first{::sched_get_priority_min(SCHED_FIFO)};
        ::sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &first); // refused to others than root
    }

    /// Whether no contender shares the processor of the driver, which can then wait without sleeping.
    [[nodiscard]] bool has() const { return CPU_COUNT(&mine_) == 1; }

private:
    static void move_to(const cpu_set_t& set) { check(::sched_setaffinity(0, sizeof set, &set), "choose a processor"); }

    cpu_set_t all_{};
    cpu_set_t mine_{};
    cpu_set_t others_{};
};

} // namespace bench
