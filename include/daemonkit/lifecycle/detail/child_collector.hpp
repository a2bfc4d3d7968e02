// SPDX-License-Identifier: BSL-1.0
// Which exited children the daemon collects, and when. In a process with one thread no other code can be waiting for a
// child meanwhile. With several threads, one of them may be inside system(3) or waitpid(2), or about to call it: an
// exited child is left to it for half a second. The kernel does not tell which thread waits for which child.
#pragma once

#include "../../compiled.hpp"
#include "../../sys/children.hpp"
#include "../../sys/process.hpp"
#include "../../text/function_ref.hpp"

#include <chrono>
#include <utility>
#include <vector>

namespace daemonkit::detail {

class child_collector
{
public:
    /// Calls `collected(pid, wait status)` for each child that was collected. Sends SIGCHLD to this process when it has
    /// to be called again.
    void operator()(sys::function_ref<void(pid_t, int)> collected);

private:
    using clock = std::chrono::steady_clock;
    static constexpr std::chrono::milliseconds patience{500};

    struct left_child
    {
        pid_t pid;
        clock::time_point since;
    };

    [[gnu::cold]] void collect(const std::vector<pid_t>& exited, sys::function_ref<void(pid_t, int)> collected);

    std::vector<left_child> left_{}; // to threads that may wait for them
    sys::signal_timer again_{};
};

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE void child_collector::operator()(sys::function_ref<void(pid_t, int)> collected)
{
    int status = 0;
    if (sys::thread_count() > 1 && sys::has_exited_child(0))
        if (std::vector<pid_t> exited; sys::exited_children(exited)) return collect(exited, collected);
    while (const pid_t child = sys::reap_any(status)) collected(child, status);
}

DAEMONKIT_INLINE void child_collector::collect(const std::vector<pid_t>& exited,
                                               sys::function_ref<void(pid_t, int)> collected)
{
    const auto now = clock::now();
    const auto before = std::exchange(left_, {});
    std::vector<pid_t> due;
    auto next = clock::time_point::max();
    for (const pid_t child : exited) {
        left_child one{child, now};
        for (const auto& seen : before)
            if (seen.pid == child) one = seen;
        if (now - one.since >= patience) {
            due.push_back(child);
            continue;
        }
        left_.push_back(one);
        if (one.since + patience < next) next = one.since + patience;
    }
    if (!left_.empty()) again_.send(SIGCHLD, next - now);
    for (const pid_t child : due)
        if (const int status = sys::reap(child); status != -1) collected(child, status);
}

#endif

} // namespace daemonkit::detail
