// SPDX-License-Identifier: BSL-1.0
// The text of /proc/PID/stat: written by the kernel, but the user who runs the command chooses the name in it. The
// fields are compared with those found by splitting what follows the last parenthesis.
#include <daemonkit/sys/process.hpp>

#include "fuzz/require.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <sstream>
#include <vector>

namespace {

/// The number that a text of digits means; the largest number if it does not fit.
template <class Number>
bool means(const std::string& digits, Number number)
{
    if (digits.size() > 18) return true; // strtol handles an overflow; here it only must not be undefined
    return digits.find_first_not_of("0123456789") != std::string::npos ||
           std::to_string(number) == digits.substr(std::min(digits.find_first_not_of('0'), digits.size() - 1));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string text(reinterpret_cast<const char*>(data), size);
    const auto stat = daemonkit::sys::parse_process_stat(text);

    const auto name_end = text.rfind(')');
    if (name_end == std::string::npos || name_end + 2 >= text.size()) {
        require(!stat);
        return 0;
    }
    std::istringstream fields(text.substr(name_end + 2) + ' ');
    std::vector<std::string> from_the_third;
    for (std::string field; std::getline(fields, field, ' ');) from_the_third.push_back(field);

    const auto start = from_the_third.size() > 22 - 3 ? from_the_third[22 - 3] : std::string();
    const bool number =
        !start.empty() && start.size() <= 18 && start.find_first_not_of("0123456789") == std::string::npos;
    require(stat.has_value() == number);
    if (stat) require(stat->state == text[name_end + 2]);
    if (stat) require(means(start, stat->start));
    return 0;
}
