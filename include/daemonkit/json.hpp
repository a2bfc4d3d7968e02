// SPDX-License-Identifier: BSL-1.0
// The status for machines: one JSON object on one line, valid whatever bytes a name or a path is made of (RFC 8259).
#pragma once

#include "control.hpp"

#include <ctime>
#include <string>
#include <string_view>

namespace daemonkit {

/// The length of the well-formed UTF-8 sequence that `text` begins with, or 0 (RFC 3629, section 4).
[[nodiscard]] inline std::size_t utf8_length(std::string_view text) noexcept
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

/// `text` between quotation marks; what is no UTF-8 becomes U+FFFD.
[[nodiscard]] inline std::string json_string(std::string_view text)
{
    static constexpr char hex[] = "0123456789abcdef";
    std::string out = "\"";
    while (!text.empty()) {
        const auto length = utf8_length(text);
        const char c = text.front();
        if (length == 0)
            out += "\\ufffd";
        else if (c == '"' || c == '\\')
            (out += '\\') += c;
        else if (c >= 0 && c < 0x20)
            ((out += "\\u00") += hex[c >> 4]) += hex[c & 0xF];
        else
            out += text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return out += '"';
}

/// A point in time by strftime(3), in UTC or local time.
[[nodiscard]] inline std::string format_time(std::chrono::system_clock::time_point when, const char* format, bool utc)
{
    const std::time_t seconds = std::chrono::system_clock::to_time_t(when);
    std::tm parts{};
    utc ? ::gmtime_r(&seconds, &parts) : ::localtime_r(&seconds, &parts);
    char text[64];
    return {text, std::strftime(text, sizeof text, format, &parts)};
}

/// {"name": …, "state": "running"|"dead"|"stopped"|"unknown", "pid": N|null, "since": RFC 3339|null, "where": …,
/// "error": …|null}
[[nodiscard]] inline std::string to_json(const status_report& report)
{
    static constexpr const char* states[] = {"running", "dead", "stopped", "unknown"};
    const bool running = report.pid != 0;
    return "{\"name\": " + json_string(report.name) + ", \"state\": \"" + states[static_cast<int>(report.state)] +
           "\", \"pid\": " + (running ? std::to_string(report.pid) : "null") +
           ", \"since\": " + (report.since ? json_string(format_time(*report.since, "%FT%TZ", true)) : "null") +
           ", \"where\": " + json_string(report.where) +
           ", \"error\": " + (report.message.empty() ? "null" : json_string(report.message)) + "}";
}

} // namespace daemonkit
