// SPDX-License-Identifier: BSL-1.0
// Checking and cleaning UTF-8, RFC 3629.
#pragma once

#include "../compiled.hpp"
#include "short_text.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace daemonkit::sys {

/// The length in bytes of the well-formed UTF-8 sequence at the beginning of `text`, or 0: RFC 3629, section 4.
[[nodiscard]] DAEMONKIT_INLINE std::size_t utf8_length(std::string_view text) noexcept;

/// The beginning of valid UTF-8 with at most `count` characters.
[[nodiscard]] DAEMONKIT_INLINE std::string_view first_characters(std::string_view text, std::size_t count) noexcept;

/// The bytes of the control character at the beginning: of ASCII, or U+0080 to U+009F, which a terminal obeys as well;
/// 0: it begins with another.
[[nodiscard]] DAEMONKIT_INLINE std::size_t control_length(std::string_view text) noexcept;

/// `text` as one line of valid UTF-8 without control characters, cut at 1024 bytes. For text from other processes:
/// control characters could move the cursor of a terminal, and a newline would start a new assignment in sd_notify(3).
/// systemd drops a status that is not valid UTF-8.
[[nodiscard]] DAEMONKIT_INLINE short_text<1024> one_line(std::string_view text) noexcept;

/// Puts a space in place of each byte of a control character, which could change what a terminal shows.
[[gnu::cold]] DAEMONKIT_INLINE void blank_controls(char* begin, const char* end) noexcept;

/// The text after blank_controls().
[[nodiscard, gnu::cold]] inline std::string without_controls(std::string text)
{
    blank_controls(text.data(), text.data() + text.size());
    return text;
}

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE std::size_t utf8_length(std::string_view text) noexcept
{
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    const auto tail = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
        return byte(i) >= low && byte(i) <= high;
    };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF)
        return tail(1, first == 0xE0 ? 0xA0 : 0x80, first == 0xED ? 0x9F : 0xBF) && tail(2) ? 3 : 0;
    if (first >= 0xF0 && first <= 0xF4)
        return tail(1, first == 0xF0 ? 0x90 : 0x80, first == 0xF4 ? 0x8F : 0xBF) && tail(2) && tail(3) ? 4 : 0;
    return 0;
}

DAEMONKIT_INLINE std::string_view first_characters(std::string_view text, std::size_t count) noexcept
{
    std::size_t end = 0;
    for (; end < text.size() && count > 0; --count) end += std::max(utf8_length(text.substr(end)), std::size_t(1));
    return text.substr(0, end);
}

DAEMONKIT_INLINE std::size_t control_length(std::string_view text) noexcept
{
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0xFFU; };
    if (byte(0) < ' ' || byte(0) == 0x7FU) return 1;
    return byte(0) == 0xC2U && byte(1) >= 0x80U && byte(1) < 0xA0U ? 2 : 0;
}

DAEMONKIT_INLINE short_text<1024> one_line(std::string_view text) noexcept
{
    short_text<1024> clean;
    for (std::size_t room = 1024; !text.empty();) {
        const auto length = utf8_length(text);
        const auto size = length == 0 ? 1 : length;
        if (size > room) break;
        clean += length == 0 ? "?" : control_length(text) != 0 ? " " : text.substr(0, size);
        text.remove_prefix(size);
        room -= size;
    }
    return clean;
}

DAEMONKIT_INLINE void blank_controls(char* begin, const char* end) noexcept
{
    for (char* at = begin; at != end; ++at) {
        if (*at >= ' ' && *at < 0x7F) continue; // usual
        const auto length = control_length({at, static_cast<std::size_t>(end - at)});
        std::fill_n(at, length, ' ');
    }
}

#endif

} // namespace daemonkit::sys
