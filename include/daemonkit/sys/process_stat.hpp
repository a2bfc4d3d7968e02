// SPDX-License-Identifier: BSL-1.0
// What /proc/PID/stat shows of a process, proc(5).
#pragma once

#include "../compiled.hpp"
#include "../text/joined.hpp"
#include "environment.hpp"
#include "read_file.hpp"

#include <sys/types.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>

namespace daemonkit::sys {

/// Where the text after the last `c` begins; 0: there is none. Faster than std::string_view::rfind().
[[nodiscard]] inline std::size_t after_last(char c, std::string_view text) noexcept
{
    const void* const last = text.empty() ? nullptr : ::memrchr(text.data(), c, text.size());
    return last == nullptr ? 0 : static_cast<std::size_t>(static_cast<const char*>(last) - text.data()) + 1;
}

/// The fields of /proc/PID/stat from the third on, which is the state. The second, the command name in parentheses, may
/// itself contain spaces and parentheses.
inline std::string_view after_command(std::string_view stat) noexcept
{
    const auto name_end = after_last(')', stat);
    return name_end == 0 ? std::string_view() : stat.substr(std::min(name_end + 1, stat.size()));
}

/// The fields of /proc/PID/stat that we use.
struct process_stat
{
    char state = 0;               ///< 'T' stopped by a signal, 't' by a tracer, 'D' in uninterruptible sleep, ...
    unsigned long long start = 0; ///< clock ticks since boot
};

/// Parses the text of /proc/PID/stat, proc(5). Empty unless all fields up to the start time are there.
DAEMONKIT_INLINE std::optional<process_stat> parse_process_stat(std::string_view text) noexcept;

/// The path of a file of a process in /proc.
[[nodiscard, gnu::cold]] inline short_text<48> proc_path(pid_t pid, std::string_view file) noexcept
{
    return short_joined<48>({"/proc/", pid, file});
}

/// Reads /proc/PID/stat; empty if there is no such process, or /proc does not show it.
[[gnu::cold]] inline std::optional<process_stat> read_process_stat(pid_t pid) noexcept
{
    char room[1024];
    return parse_process_stat(read_at_once(proc_path(pid, "/stat").c_str(), room));
}

/// The state in /proc/PID/stat, as in process_stat; 0 if it cannot be read.
[[gnu::cold]] inline char state_of(pid_t pid) noexcept
{
    char room[1024];
    const auto fields = after_command(read_at_once(proc_path(pid, "/stat").c_str(), room));
    return fields.empty() ? '\0' : fields.front();
}

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE std::optional<process_stat> parse_process_stat(std::string_view text) noexcept
{
    auto fields = after_command(text);
    if (fields.empty()) return {};
    process_stat stat{fields.front()};
    int field = 3;
    for (; field < 22 && !fields.empty(); fields.remove_prefix(1)) field += fields.front() == ' ' ? 1 : 0;
    const auto start = number_in(fields.substr(0, fields.find(' ')));
    if (field < 22 || start == -1) return {};
    stat.start = static_cast<unsigned long long>(start);
    return stat;
}

#endif

} // namespace daemonkit::sys
