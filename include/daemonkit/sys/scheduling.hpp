// SPDX-License-Identifier: BSL-1.0
// How the kernel schedules the calling thread and the threads that it creates later. Each function returns 0, or -1 and
// errno.
#pragma once

#include "../compiled.hpp"
#include "file.hpp"
#include "unique_fd.hpp"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

namespace daemonkit::sys {

/// setpriority(2).
inline int set_nice(int value) noexcept { return ::setpriority(PRIO_PROCESS, 0, value); }

/// /proc/self/oom_score_adj, proc(5). It holds for the whole process, and for every process that shares its memory.
DAEMONKIT_INLINE int set_oom_score_adjust(int value);

/// sched_setscheduler(2). `policy` is SCHED_OTHER and so on.
inline int set_cpu_scheduling(int policy, int priority) noexcept
{
    const sched_param parameters{priority};
    return ::sched_setscheduler(0, policy, &parameters);
}

/// sched_setaffinity(2). The numbers of processors count from 0. The kernel ignores those that do not exist or are not
/// allowed in this cgroup, and fails with EINVAL if none remains.
DAEMONKIT_INLINE int set_cpu_affinity(const std::vector<int>& processors);

/// ioprio_set(2) for the calling thread. `io_class` is 1 (real time), 2 (best effort) or 3 (idle).
DAEMONKIT_INLINE int set_io_priority(int io_class, int level) noexcept;

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE int set_oom_score_adjust(int value)
{
    const unique_fd file(open("/proc/self/oom_score_adj", O_WRONLY));
    const auto text = std::to_string(value);
    return file && ::write(file.get(), text.data(), text.size()) != -1 ? 0 : -1;
}

DAEMONKIT_INLINE int set_cpu_affinity(const std::vector<int>& processors)
{
    constexpr unsigned bits = 8 * sizeof(unsigned long);
    constexpr int most = 1 << 16;
    std::vector<unsigned long> mask(1);
    for (const int processor : processors) {
        if (processor < 0 || processor >= most) {
            errno = EINVAL;
            return -1;
        }
        const auto number = static_cast<unsigned>(processor);
        mask.resize(std::max<std::size_t>(mask.size(), number / bits + 1));
        mask[number / bits] |= 1UL << number % bits;
    }
    const auto result = ::syscall(SYS_sched_setaffinity, 0, mask.size() * sizeof(unsigned long), mask.data());
    return result == -1 ? -1 : 0;
}

DAEMONKIT_INLINE int set_io_priority(int io_class, int level) noexcept
{
    constexpr int this_thread = 1; // IOPRIO_WHO_PROCESS
    return static_cast<int>(::syscall(SYS_ioprio_set, this_thread, 0, io_class << 13 | level));
}

#endif

} // namespace daemonkit::sys
