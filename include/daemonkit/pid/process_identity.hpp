// SPDX-License-Identifier: BSL-1.0
// A pid names a process only until the number is used again. What never comes back is the pid together with the
// process's start time and the boot they belong to. Those three are folded into a number below 10^9, the stamp,
// and the pid file carries it in the nanoseconds of its modification time: the content stays the one line that
// LSB's readers understand, nobody needs a lock or a privilege to check it, and a jump of the clock or a reboot
// changes nothing. A file that was copied, edited or touched has lost its stamp and proves nothing any more.
#pragma once

#include "../startup_error.hpp"
#include "../sys/process.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace daemonkit {

/// 0 ... 999 999 999, of a process and what /proc shows of it. Throws startup_error if the boot cannot be told.
[[nodiscard]] inline long stamp_of(pid_t pid, const sys::process_stat& stat)
{
    std::string boot;
    check(sys::read_boot_id(boot), "read", "/proc/sys/kernel/random/boot_id");
    std::uint64_t hash = 14695981039346656037U; // FNV-1a
    const auto fold = [&](std::string_view text) {
        for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
    };
    fold(std::to_string(pid));
    fold(" ");
    fold(std::to_string(stat.start));
    fold(" ");
    fold(boot);
    return static_cast<long>((hash ^ hash >> 32U) % 1'000'000'000U);
}

} // namespace daemonkit
