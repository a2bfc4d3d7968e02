// SPDX-License-Identifier: BSL-1.0
// Variables of the environment that are meant for this process alone. Before it makes threads: getenv(3) and setenv(3)
// in two of them at once are a race.
#pragma once

#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace daemonkit::sys {

/// The value of a variable, if it is set, which children then do not inherit.
[[nodiscard]] inline std::optional<std::string> take_variable(const char* name)
{
    const char* const value = std::getenv(name); // NOLINT(concurrency-mt-unsafe)
    if (value == nullptr) return {};
    std::optional<std::string> taken(value);
    ::unsetenv(name); // NOLINT(concurrency-mt-unsafe)
    return taken;
}

/// A decimal number without sign; -1 if it is none.
inline long long number_in(std::string_view text) noexcept
{
    long long number = 0;
    if (text.empty() || text.size() > 18) return -1;
    for (const char c : text) {
        if (c < '0' || c > '9') return -1;
        number = number * 10 + (c - '0');
    }
    return number;
}

} // namespace daemonkit::sys
