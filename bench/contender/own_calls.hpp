// SPDX-License-Identifier: BSL-1.0
// The system calls of one process, without those of what it makes: for verbs and starts that leave nothing running
// that strace(1) would wait for.
#pragma once

#include "support/process.hpp"

#include <algorithm>
#include <sstream>
#include <string_view>

namespace bench {

/// A program that is being traced into `list`.
[[nodiscard]] inline words traced(const words& command, const std::string& list)
{
    words line{"strace", "-qq", "-e", "signal=none", "-o", list};
    line.insert(line.end(), command.begin(), command.end());
    return line;
}

/// One line each, "name(arguments) = result".
[[nodiscard]] inline words calls_in(const std::string& list)
{
    words calls;
    std::istringstream lines(text_of(list));
    for (std::string line; std::getline(lines, line);) calls.push_back(line);
    return calls;
}

/// Those from main() on, where the program has the mark (mark.h); else all, those of its loading included.
[[nodiscard]] inline words from_main(const words& calls)
{
    const auto mark =
        std::ranges::find_if(calls, [](std::string_view call) { return call.starts_with("write(-1, \"main\""); });
    return mark == calls.end() ? calls : words(mark + 1, calls.end());
}

/// How many processes the calls made.
[[nodiscard]] inline int forks_in(const words& calls)
{
    return static_cast<int>(std::ranges::count_if(calls, [](std::string_view call) {
        const auto name = call.substr(0, call.find('('));
        return name == "clone" || name == "clone3" || name == "fork" || name == "vfork";
    }));
}

} // namespace bench
