// SPDX-License-Identifier: BSL-1.0
// Base64, RFC 4648, section 4: bytes in JSON.
#pragma once

#include <string>
#include <string_view>

namespace daemonkit::sys {

/// By their values.
inline constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The text of these bytes, padded.
[[nodiscard]] inline std::string to_base64(std::string_view bytes)
{
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const auto part = bytes.substr(at, 3);
        unsigned value = 0;
        for (std::size_t i = 0; i < 3; ++i)
            value = value << 8 | (i < part.size() ? static_cast<unsigned char>(part[i]) : 0U);
        for (unsigned i = 0; i < 4; ++i) text += i <= part.size() ? base64_digits[value >> (18 - 6 * i) & 63U] : '=';
    }
    return text;
}

/// The bytes of this text, up to the first character that is no digit.
[[nodiscard]] inline std::string from_base64(std::string_view text)
{
    std::string bytes;
    unsigned value = 0;
    unsigned bits = 0;
    for (const char c : text) {
        const auto digit = base64_digits.find(c);
        if (digit == std::string_view::npos) break;
        value = value << 6 | static_cast<unsigned>(digit);
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        bytes += static_cast<char>(value >> bits & 255U);
    }
    return bytes;
}

} // namespace daemonkit::sys
