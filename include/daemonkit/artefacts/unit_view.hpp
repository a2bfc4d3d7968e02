// SPDX-License-Identifier: BSL-1.0
// One unit beside the facts of the daemon: what the rules of doctor are given.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../compiled.hpp"
#include "facts.hpp"
#include "fill.hpp"
#include "findings.hpp"
#include "unit_file.hpp"
#include "unit_values.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace daemonkit::detail {

struct unit_view
{
    const artefact_facts& f;
    const unit_file& unit;
    findings& all;

    [[nodiscard]] std::string value(std::string_view key) const
    {
        const auto* const line = unit.last({key});
        return line != nullptr ? line->value : std::string();
    }
    [[nodiscard]] std::string type() const
    {
        const auto said = value("Type");
        return said.empty() ? "simple" : said;
    }
    [[nodiscard]] bool forks() const { return type() == "forking"; }
    [[nodiscard]] bool is_set(std::string_view key) const { return unit_truth(value(key)).value_or(false); }
    /// Whether systemd makes the user while the unit runs.
    [[nodiscard]] bool has_dynamic_user() const { return is_set("DynamicUser"); }
    [[nodiscard]] unit_command command(const unit_line& line) const { return read_command(f, unit, line.value); }
    /// "ExecReload=/usr/sbin/clientd reload". The unit of a template names the instance by %i.
    [[nodiscard]] std::string line_of(std::string_view key, std::string_view verb) const;

    /// A line that disagrees.
    void wrong(const unit_line& line, severity how_bad, std::string_view text, std::string advice) const;
    /// The value of a key that disagrees, or that is missing.
    void wrong(std::string_view key, severity how_bad, std::string_view text, std::string advice) const;
};

inline constexpr bool (*reads_truth)(const std::string&) = [](const std::string& text) {
    return unit_truth(text).has_value();
};
/// A rule: what systemd does with these keys agrees with the program.
struct unit_rule
{
    const char* keys;                          ///< separated by spaces
    bool (*is_read)(const std::string& value); ///< whether systemd reads the value, or ignores the line; null: reads it
    void (*check)(const unit_view& v);         ///< null: nothing
};

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE std::string unit_view::line_of(std::string_view key, std::string_view verb) const
{
    const auto quoted = [&](std::string_view text) {
        const bool is_instance = text == f.instance && unit.name.find('@') != unit.name.npos;
        return is_instance ? std::string("\"%i\"") : systemd_argument(text);
    };
    return sys::joined({key, "=", systemd_word(f.program), " ", options_of(f, quoted), verb});
}

DAEMONKIT_INLINE void unit_view::wrong(const unit_line& line, severity how_bad, std::string_view text,
                                       std::string advice) const
{
    all.add(how_bad, "unit", sys::joined({line.where(), line.key, "=", line.value, ": ", text}), std::move(advice));
}

DAEMONKIT_INLINE void unit_view::wrong(std::string_view key, severity how_bad, std::string_view text,
                                       std::string advice) const
{
    const auto* const line = unit.last({key});
    if (line != nullptr && !line->value.empty()) return wrong(*line, how_bad, text, std::move(advice));
    all.add(how_bad, "unit", sys::joined({unit.place_of(key).where(), key, "= is not set: ", text}), std::move(advice));
}

#endif

} // namespace daemonkit::detail
