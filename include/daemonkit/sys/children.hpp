// SPDX-License-Identifier: BSL-1.0
// The children of this process that have exited, and a signal at a later time.
#pragma once

#include "../compiled.hpp"
#include "../text/joined.hpp"
#include "open_files.hpp"
#include "read_file.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

namespace daemonkit::sys {

/// Whether a child has exited and was not collected; it stays so, waitid(2). `child` 0: whether any has.
DAEMONKIT_INLINE bool has_exited_child(pid_t child) noexcept;

/// The children that have exited and were not collected, whichever thread made them: /proc/PID/task/TID/children,
/// proc(5). Returns false if the kernel does not list them.
[[gnu::cold]] DAEMONKIT_INLINE bool exited_children(std::vector<pid_t>& into);

/// Sends a signal to this process later, timer_create(2). Children do not inherit it.
class signal_timer
{
public:
    signal_timer() noexcept = default;
    signal_timer(const signal_timer&) = delete;
    signal_timer& operator=(const signal_timer&) = delete;
    ~signal_timer()
    {
        if (process_ == ::getpid()) ::timer_delete(timer_);
    }

    /// Sends `signal` once after `time`. Another call sets another time.
    void send(int signal, std::chrono::nanoseconds time) noexcept;

private:
    timer_t timer_{};
    pid_t process_ = 0; // that made the timer
};

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE bool has_exited_child(pid_t child) noexcept
{
    siginfo_t info{};
    const int result = retry([&] {
        return ::waitid(child == 0 ? P_ALL : P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT);
    });
    return result == 0 && info.si_pid != 0;
}

DAEMONKIT_INLINE bool exited_children(std::vector<pid_t>& into)
{
    bool listed = false;
    any_number_in("/proc/self/task", [&](pid_t thread) {
        std::string children;
        if (read_file(joined({"/proc/self/task/", thread, "/children"}).c_str(), children, 1 << 20) == -1) return false;
        listed = true;
        char* end = nullptr;
        for (const char* at = children.c_str(); const long child = std::strtol(at, &end, 10); at = end)
            if (has_exited_child(static_cast<pid_t>(child))) into.push_back(static_cast<pid_t>(child));
        return false;
    });
    return listed;
}

DAEMONKIT_INLINE void signal_timer::send(int signal, std::chrono::nanoseconds time) noexcept
{
    sigevent event{};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = signal;
    if (process_ != ::getpid() && ::timer_create(CLOCK_MONOTONIC, &event, &timer_) == 0) process_ = ::getpid();
    itimerspec once{};
    once.it_value = {static_cast<time_t>(time.count() / 1'000'000'000),
                     static_cast<long>(time.count() % 1'000'000'000)};
    if (process_ == ::getpid()) ::timer_settime(timer_, 0, &once, nullptr);
}

#endif

} // namespace daemonkit::sys
