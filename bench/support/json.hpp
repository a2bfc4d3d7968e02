// SPDX-License-Identifier: BSL-1.0
// JSON (RFC 8259), written only.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bench::json {

inline std::string of(std::string_view text)
{
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (static_cast<unsigned char>(c) >= 0x20) {
            out += c;
        } else {
            char escaped[8];
            std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(c));
            out += escaped;
        }
    }
    return out + '"';
}
inline std::string of(const std::string& text) { return of(std::string_view(text)); }
inline std::string of(const char* text) { return of(std::string_view(text)); }
inline std::string of(bool value) { return value ? "true" : "false"; }
/// What is no number to JSON is null.
inline std::string of(double value)
{
    if (!std::isfinite(value)) return "null";
    char digits[32];
    return {digits, std::to_chars(digits, digits + sizeof digits, value).ptr};
}

/// `values` are JSON already.
inline std::string array(const std::vector<std::string>& values)
{
    std::string out = "[";
    for (const auto& value : values) out += (out.size() > 1 ? ", " : "") + value;
    return out + "]";
}

inline std::string object(const std::vector<std::pair<std::string, std::string>>& members)
{
    std::string out = "{";
    for (const auto& [name, value] : members) out += (out.size() > 1 ? ", " : "") + of(name) + ": " + value;
    return out + "}";
}

/// An array of what `to_json` makes of each of `values`.
template <class Values, class ToJson>
std::string array(const Values& values, ToJson to_json)
{
    std::vector<std::string> parts;
    for (const auto& value : values) parts.push_back(to_json(value));
    return array(parts);
}

} // namespace bench::json
