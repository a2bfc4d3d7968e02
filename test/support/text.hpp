// SPDX-License-Identifier: BSL-1.0
// Searching in text.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

/// boost::algorithm::contains() without its headers, which cost 0.4 s for each source.
inline bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// How many times `part` occurs in `text`, overlapping occurrences included.
inline std::size_t count_of(std::string_view text, std::string_view part)
{
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++count;
    return count;
}

/// "ready, up 3 s: …" without the time: on a busy machine it is not what it is on an idle one.
inline std::string without_uptime(std::string text)
{
    constexpr std::string_view up = ", up ";
    constexpr std::string_view unit = " s";
    const auto at = text.find(up);
    if (at == std::string::npos) return text;
    const auto end = text.find_first_not_of("0123456789", at + up.size());
    if (end == std::string::npos || text.compare(end, unit.size(), unit) != 0) return text;
    return text.erase(at, end + unit.size() - at);
}

/// The number of newlines.
inline std::size_t count_lines(std::string_view text)
{
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}
