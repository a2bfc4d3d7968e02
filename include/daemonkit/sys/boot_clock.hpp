// SPDX-License-Identifier: BSL-1.0
// CLOCK_BOOTTIME, clock_gettime(2): it never jumps, and it goes on while the machine is suspended. A lease expires during
// that time, too.
#pragma once

#include "../compiled.hpp"
#include "time.hpp"

#include <ctime>

namespace daemonkit::sys {

/// The clock of leases, for std::chrono.
struct boot_clock
{
    using duration = std::chrono::nanoseconds;              ///< what it counts
    using rep = duration::rep;                              ///< the type of the count
    using period = duration::period;                        ///< the unit of the count
    using time_point = std::chrono::time_point<boot_clock>; ///< a time since boot
    static constexpr bool is_steady = true;                 ///< it is never set
    static constexpr time_point never = time_point::max();  ///< a time that does not come

    /// The present time, clock_gettime(2); from the vDSO, without a system call.
    [[nodiscard]] static time_point now() noexcept;
};

/// The time as the kernel takes it; zero for `never`, which disarms a timer.
[[nodiscard]] DAEMONKIT_INLINE timespec kernel_time(boot_clock::time_point at) noexcept;

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE boot_clock::time_point boot_clock::now() noexcept
{
    timespec time{};
    ::clock_gettime(CLOCK_BOOTTIME, &time);
    return time_point(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

DAEMONKIT_INLINE timespec kernel_time(boot_clock::time_point at) noexcept
{
    if (at == boot_clock::never) return {};
    const auto count = at.time_since_epoch().count();
    return {static_cast<time_t>(count / 1'000'000'000), static_cast<long>(count % 1'000'000'000)};
}

#endif

} // namespace daemonkit::sys
