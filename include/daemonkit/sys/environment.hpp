// SPDX-License-Identifier: BSL-1.0
// Environment variables for this process only. Use these before the process creates threads: getenv(3) in one thread
// and unsetenv(3) in another are a data race.
#pragma once

#include "../compiled.hpp"

#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace daemonkit::sys {

/// The value of a variable; null if it is not set. Also null in a set-user-ID or set-group-ID program, and in one with
/// file capabilities, because any user chooses the environment of those: secure_getenv(3).
[[nodiscard]] inline const char* trusted_variable(const char* name) noexcept { return ::secure_getenv(name); }

/// Returns the value of a trusted_variable() and removes the variable, so that children do not inherit it. Empty if not
/// set.
[[nodiscard]] DAEMONKIT_INLINE std::optional<std::string> take_variable(const char* name);

/// setenv(3): sets a variable for this process and for the programs that it executes. Returns 0, or -1 and errno.
inline int set_variable(const char* name, const std::string& value) noexcept
{
    return ::setenv(name, value.c_str(), 1); // NOLINT(concurrency-mt-unsafe)
}

/// Parses an unsigned decimal number of at most 18 digits; -1 if `text` is anything else.
DAEMONKIT_INLINE long long number_in(std::string_view text) noexcept;

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE std::optional<std::string> take_variable(const char* name)
{
    std::optional<std::string> taken;
    if (const char* const value = trusted_variable(name); value != nullptr) taken = value;
    ::unsetenv(name); // NOLINT(concurrency-mt-unsafe)
    return taken;
}

DAEMONKIT_INLINE long long number_in(std::string_view text) noexcept
{
    long long number = 0;
    if (text.empty() || text.size() > 18) return -1;
    for (const char c : text) {
        if (c < '0' || c > '9') return -1;
        number = number * 10 + (c - '0');
    }
    return number;
}

#endif

} // namespace daemonkit::sys
