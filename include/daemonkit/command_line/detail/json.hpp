// SPDX-License-Identifier: BSL-1.0
// The status for programs: one JSON object on one line, RFC 8259. It is valid JSON whatever bytes a name or a path has.
#pragma once

#include "../../control/status_report.hpp"
#include "../../text/joined.hpp"
#include "../../text/utf8.hpp"

#include <ctime>
#include <string>
#include <string_view>

namespace daemonkit::detail {

/// `text` as a JSON string; each byte that is not valid UTF-8 becomes U+FFFD.
[[nodiscard]] inline std::string json_string(std::string_view text)
{
    static constexpr char hex[] = "0123456789abcdef";
    std::string out = "\"";
    while (!text.empty()) {
        const auto length = sys::utf8_length(text);
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

/// A point in time formatted by strftime(3), in UTC or local time.
[[nodiscard]] inline std::string format_time(std::chrono::system_clock::time_point when, const char* format, bool utc)
{
    const std::time_t seconds = std::chrono::system_clock::to_time_t(when);
    std::tm parts{};
    utc ? ::gmtime_r(&seconds, &parts) : ::localtime_r(&seconds, &parts);
    char text[64];
    return {text, std::strftime(text, sizeof text, format, &parts)};
}

/// {"name": …, "state": "running"|"starting"|"dead"|"stopped"|"unknown", "pid": N|null, "since": RFC 3339|null,
/// "where": …, "error": …|null, "suspended": …|null}
[[nodiscard]] inline std::string to_json(const status_report& report)
{
    static constexpr const char* states[] = {"running", "starting", "dead", "stopped", "unknown"};
    const bool running = report.pid != 0;
    const auto text_or_null = [](const std::string& text) { return text.empty() ? "null" : json_string(text); };
    return sys::joined(
        {"{\"name\": ", json_string(report.name), ", \"state\": \"", states[static_cast<int>(report.state)],
         "\", \"pid\": ", running ? std::to_string(report.pid) : "null",
         ", \"since\": ", report.since ? json_string(format_time(*report.since, "%FT%TZ", true)) : "null",
         ", \"where\": ", json_string(report.where), ", \"error\": ", text_or_null(report.message),
         ", \"suspended\": ", text_or_null(report.suspended), "}"});
}

} // namespace daemonkit::detail
