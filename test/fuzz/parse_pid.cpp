// SPDX-License-Identifier: BSL-1.0
// The text of a pid file is hostile until parsed. What the parser says of it is compared, for every input, with the
// grammar written down once more without it: nothing | [1-9][0-9]{0,6} not above 4194304, and then nothing, or a newline
// and any bytes but zero; 4096 bytes in all.
#include <daemonkit/pid/detail/pid_record.hpp>

#include "fuzz/require.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto digits = text.substr(0, text.find_first_not_of("0123456789"));
    const auto rest = text.substr(digits.size());
    bool valid = text.size() <= 4096 && (rest.empty() || rest[0] == '\n') && rest.find('\0') == rest.npos &&
                 !digits.empty() && digits.size() <= 7 && digits[0] != '0';
    // Numbers of equal length are ordered as their texts are.
    if (valid && digits.size() == 7) valid = digits <= "4194304";

    const auto pid = daemonkit::detail::parse_pid(text);
    if (text.empty())
        require(pid == 0);
    else
        require(pid.has_value() == valid);
    if (valid) require(std::to_string(*pid) == digits);
    return 0;
}
