// SPDX-License-Identifier: BSL-1.0
// A function of this very program as the compiler left it.
#pragma once

#include "support/process.hpp"

#include <unistd.h>

#include <algorithm>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace bench {

/// Its instructions by objdump(1), without what differs from place to place: addresses become their distance from the
/// beginning of the function, and memory that is named by its distance from the instruction becomes "MEMORY".
[[nodiscard]] inline std::vector<std::string> instructions_of(const std::string& function)
{
    static const std::regex line(R"(^\s*([0-9a-f]+):\s+(.*?)\s*(#.*)?$)");
    static const std::regex jump(R"([0-9a-f]+ <[^>+]*(\+0x[0-9a-f]+)?>)");
    static const std::regex memory(R"((0x[0-9a-f]+)?\(%rip\))");
    std::istringstream text(output_of({"objdump", "--disassemble=" + function, "--no-show-raw-insn",
                                       "/proc/" + std::to_string(::getpid()) + "/exe"}));
    std::vector<std::string> all;
    for (std::string read; std::getline(text, read);) {
        std::smatch found;
        if (!std::regex_match(read, found, line)) continue;
        const auto placeless = std::regex_replace(found[2].str(), jump, "$1");
        all.push_back(std::regex_replace(placeless, memory, "MEMORY"));
        if (all.back().starts_with("ret")) return all; // the rest is padding
    }
    throw std::runtime_error("objdump does not show the end of " + function);
}

/// How many of them match this.
[[nodiscard]] inline std::size_t count(const std::vector<std::string>& instructions, const std::regex& any)
{
    const auto holds = [&](const std::string& one) { return std::regex_search(one, any); };
    return static_cast<std::size_t>(std::count_if(instructions.begin(), instructions.end(), holds));
}

} // namespace bench
