// SPDX-License-Identifier: BSL-1.0
// When an owner renews, stops to act and is killed. Every time is counted from the moment at which the request was sent
// that was answered last.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../core/startup_error.hpp"
#include "../sys/time.hpp"

#include <algorithm>
#include <string_view>

namespace daemonkit {

/// The parts of a TTL.
struct lease_timing
{
    std::chrono::nanoseconds ttl = std::chrono::seconds(10); ///< the store ends the lease that long after its renewal
    /// Renewals stop if run() has not waited for so long; zero: never. Then the daemon is killed as soon as its lease is
    /// about to expire, and another one takes over.
    std::chrono::nanoseconds stuck_after{};

    /// Throws startup_error if they can never work. `where`: the place of the lease.
    void check(std::string_view where) const
    {
        constexpr const char* step = "use the timing of the lease,";
        if (ttl < std::chrono::seconds(1)) throw_bad_setting(step, where, "the TTL is less than 1 s");
        if (ttl > std::chrono::hours(24)) throw_bad_setting(step, where, "the TTL is more than a day");
        if (stuck_after < stuck_after.zero()) throw_bad_setting(step, where, "stuck_after is negative");
    }

    /// The next renewal.
    [[nodiscard]] constexpr std::chrono::nanoseconds renew() const noexcept { return ttl / 3; }
    /// A request that is not answered by then has failed.
    [[nodiscard]] constexpr std::chrono::nanoseconds timeout() const noexcept { return ttl / 5; }
    /// After a failure, and between two requests at the least.
    [[nodiscard]] constexpr std::chrono::nanoseconds retry() const noexcept { return ttl / 50; }
    /// Between a watch and the look at what has happened. Short: a daemon that gave the lease back and was started again
    /// must not find it free before those that wait.
    [[nodiscard]] constexpr std::chrono::nanoseconds look() const noexcept
    {
        return std::min<std::chrono::nanoseconds>(ttl / 1000, std::chrono::milliseconds(5));
    }
    /// Soft loss: the daemon owns nothing from now on, and stops.
    [[nodiscard]] constexpr std::chrono::nanoseconds soft() const noexcept { return ttl / 3 * 2; }
    /// The kernel kills the daemon. The rest of the TTL, a tenth, is the margin: for clocks that run at different rates,
    /// and for the time that a death takes.
    [[nodiscard]] constexpr std::chrono::nanoseconds kill() const noexcept { return ttl / 10 * 9; }

    /// By how many percent the clock of the store may run faster than that of the owner. The margin allows 11.
    static constexpr int clock_rate_percent = 5;
};

} // namespace daemonkit
