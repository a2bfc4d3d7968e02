// SPDX-License-Identifier: BSL-1.0
// The status as text: one line for people, and for programs one JSON object on one line, RFC 8259. It is valid JSON
// whatever bytes a name or a path has.
#pragma once

#include "../../compiled.hpp"
#include "../../control/status_report.hpp"
#include "../../text/joined.hpp"
#include "../../text/utf8.hpp"

#include <ctime>
#include <string>
#include <string_view>

namespace daemonkit::detail {

/// `text` as a JSON string; each byte that is not valid UTF-8 becomes U+FFFD.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string json_string(std::string_view text);

/// A point in time formatted by strftime(3), in UTC or local time.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE sys::short_text<63> format_time(std::chrono::system_clock::time_point when,
                                                                          const char* format, bool utc);

/// As it stands in the text and in the JSON.
[[nodiscard]] DAEMONKIT_INLINE const char* state_name(status_report::condition state) noexcept;

/// One object, as ../status.schema.json describes it. Its member `schema` is the version of that file.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string to_json(const status_report& report);

/// A time in its two largest units: "42 s", "3 min 5 s", "2 h 30 min", "5 d 4 h".
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string for_people(std::chrono::seconds time);

/// For people, about a daemon that runs: "running (pid N) since TIME, recorded in PATH, ready, up 42 s: STATUS_TEXT".
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string described(const status_report& report);

/// For people: the state of a daemon in one line.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string sentence_of(const status_report& report);

/// The same with what the PidPolicy adds, as the member `details`.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string to_json(const detailed_status_report& report);

/// The same with what the PidPolicy adds, before the status line.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string sentence_of(const detailed_status_report& report);

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE std::string json_string(std::string_view text)
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

DAEMONKIT_INLINE sys::short_text<63> format_time(std::chrono::system_clock::time_point when, const char* format,
                                                 bool utc)
{
    const std::time_t seconds = std::chrono::system_clock::to_time_t(when);
    std::tm parts{};
    utc ? ::gmtime_r(&seconds, &parts) : ::localtime_r(&seconds, &parts);
    char text[64];
    return sys::short_text<63>({text, std::strftime(text, sizeof text, format, &parts)});
}

DAEMONKIT_INLINE const char* state_name(status_report::condition state) noexcept
{
    static constexpr const char* names[] = {"running", "starting",  "dead",    "stopped",
                                            "unknown", "reloading", "stopping"};
    return names[static_cast<int>(state)];
}

DAEMONKIT_INLINE std::string to_json(const status_report& report)
{
    const bool running = report.pid != 0;
    const char* const ready = report.state == status_report::condition::unknown ? "null"
                              : report.ready()                                  ? "true"
                                                                                : "false";
    const auto text_or_null = [](const std::string& text) { return text.empty() ? "null" : json_string(text); };
    return sys::joined({"{\"schema\": 1, \"name\": ",
                        json_string(report.name),
                        ", \"state\": \"",
                        state_name(report.state),
                        "\", \"pid\": ",
                        running ? std::to_string(report.pid) : "null",
                        ", \"since\": ",
                        report.since ? json_string(format_time(*report.since, "%FT%TZ", true).view()) : "null",
                        ", \"uptime\": ",
                        report.uptime ? sys::joined({report.uptime->count()}) : "null",
                        ", \"ready\": ",
                        ready,
                        ", \"where\": ",
                        json_string(report.where),
                        ", \"status_text\": ",
                        text_or_null(report.status_text),
                        ", \"error\": ",
                        text_or_null(report.message),
                        ", \"suspended\": ",
                        text_or_null(report.suspended),
                        "}"});
}

DAEMONKIT_INLINE std::string for_people(std::chrono::seconds time)
{
    const auto s = time.count();
    if (s < 60) return sys::joined({s, " s"});
    if (s < 3600) return sys::joined({s / 60, " min ", s % 60, " s"});
    if (s < 86400) return sys::joined({s / 3600, " h ", s / 60 % 60, " min"});
    return sys::joined({s / 86400, " d ", s / 3600 % 24, " h"});
}

DAEMONKIT_INLINE std::string described(const status_report& report)
{
    const auto since =
        report.since ? format_time(*report.since, " since %Y-%m-%d %H:%M:%S", false) : sys::short_text<63>();
    return sys::joined({state_name(report.state), " (pid ", report.pid, report.suspended.empty() ? "" : ", ",
                        report.suspended, ")", since.view(), ", recorded in ", report.where,
                        report.ready() ? ", ready" : ", not ready", report.uptime ? ", up " : "",
                        report.uptime ? for_people(*report.uptime) : std::string(),
                        report.status_text.empty() ? "" : ": ", report.status_text});
}

DAEMONKIT_INLINE std::string sentence_of(const status_report& report)
{
    using enum status_report::condition;
    if (report.state == unknown) return "status unknown: " + report.message;
    if (report.pid != 0) return described(report);
    if (report.state == starting) return "starting, and no pid is recorded yet in " + report.where;
    if (report.state == dead)
        return "dead, but its stale record exists in " + report.where + "; start or stop removes it";
    return "not running";
}

DAEMONKIT_INLINE std::string to_json(const detailed_status_report& report)
{
    auto json = to_json(static_cast<const status_report&>(report));
    std::string members;
    for (const auto& [name, value] : report.details.values)
        members += sys::joined({members.empty() ? "" : ", ", json_string(name), ": ", json_string(value)});
    return json.insert(json.size() - 1, sys::joined({", \"details\": {", members, "}"}));
}

DAEMONKIT_INLINE std::string sentence_of(const detailed_status_report& report)
{
    status_report with_text = report;
    if (const auto& text = report.details.text; !text.empty())
        with_text.status_text = sys::joined({text, with_text.status_text.empty() ? "" : "; ", with_text.status_text});
    return sentence_of(with_text);
}

#endif

} // namespace daemonkit::detail
