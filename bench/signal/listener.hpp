// SPDX-License-Identifier: BSL-1.0
// A program that hears HUP and USR1 and says when (answer.h), as the driver sees it.
#pragma once

#include "support/process.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// The processors that this process may use.
[[nodiscard]] inline std::vector<std::size_t> processors()
{
    cpu_set_t set;
    check(::sched_getaffinity(0, sizeof set, &set), "ask for the processors");
    std::vector<std::size_t> all;
    for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu)
        if (CPU_ISSET(cpu, &set)) all.push_back(cpu);
    return all;
}

inline void pin(pid_t process, std::size_t cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    check(::sched_setaffinity(process, sizeof set, &set), "stay on one processor");
}

/// Where driver and contender run. Side by side on one processor the work counts, on two the waking of the other.
struct placement
{
    std::string name;
    std::size_t driver;
    std::size_t contender;
};

[[nodiscard]] inline std::vector<placement> placements()
{
    const auto all = processors();
    std::vector<placement> both{{"one processor", all.front(), all.front()}};
    if (all.size() > 1) both.push_back({"two processors", all.front(), all.back()});
    return both;
}

class listener
{
public:
    /// Returns when the program hears.
    listener(const words& command, std::size_t processor, const words& environment = {})
        : event_(check(::eventfd(0, EFD_CLOEXEC), "make an eventfd")),
          child_(spawn(command, environment, event_.get())), process_(child_),
          stat_(check(::open(("/proc/" + std::to_string(child_) + "/stat").c_str(), O_RDONLY | O_CLOEXEC), "open stat"))
    {
        pin(child_, processor);
        static_cast<void>(answered());
    }
    listener(const listener&) = delete;
    listener& operator=(const listener&) = delete;
    ~listener()
    {
        ::kill(child_, SIGTERM); // not collected yet, so the pid is not reused
        wait_for(child_);
    }

    [[nodiscard]] pid_t pid() const { return child_; }

    /// When the event of the last signal came.
    [[nodiscard]] nanoseconds answered() const
    {
        std::int64_t when = 0;
        wait_readable(event_.get(), "the answer");
        check(static_cast<int>(::read(event_.get(), &when, sizeof when)), "read the answer");
        return nanoseconds(when);
    }

    /// Waits until it has done all that belongs to the last event: an answer comes in the middle of that.
    void fall_asleep() const
    {
        while (state() != 'S') ::sched_yield();
    }

    /// From the call that sends the signal to the event.
    [[nodiscard]] double microseconds_to_event(int signal) const
    {
        fall_asleep();
        const auto sent = now();
        process_.signal(signal);
        return in_microseconds(answered() - sent);
    }

private:
    /// The third field of /proc/PID/stat; the second is a name in parentheses.
    [[nodiscard]] char state() const
    {
        char text[128];
        const auto size = check(static_cast<int>(::pread(stat_.get(), text, sizeof text, 0)), "read stat");
        const std::string_view all(text, static_cast<std::size_t>(size));
        const auto name_end = all.rfind(") ");
        return name_end + 2 < all.size() ? all[name_end + 2] : '?';
    }

    descriptor event_;
    pid_t child_;
    pidfd process_;
    descriptor stat_;
};

} // namespace bench
