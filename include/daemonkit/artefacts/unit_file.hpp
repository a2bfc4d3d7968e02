// SPDX-License-Identifier: BSL-1.0
// A service unit as systemd reads it: the unit file, its drop-ins, and the origin of each assignment.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../compiled.hpp"
#include "../sys/host.hpp"
#include "../text/joined.hpp"
#include "input_output.hpp"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace daemonkit::detail {

/// An assignment in a unit file; with an empty key the header of a section, or the beginning of the file.
struct unit_line
{
    std::string file;
    int number;
    std::string section; ///< "[Service]"; empty: before the first section
    std::string key;
    std::string value;

    [[nodiscard]] std::string where() const { return sys::joined({file, ":", number, ": "}); }
};

/// The text without spaces at both ends.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string_view trimmed(std::string_view text);

/// A unit and its drop-ins, found and ordered as systemd.unit(5) says.
class unit_file
{
public:
    explicit unit_file(std::string named);

    /// The last assignment of one of these keys in [Service], even if it is empty; null: none.
    [[nodiscard]] const unit_line* last(std::initializer_list<std::string_view> keys) const;
    /// The assignments of a key since the last empty one.
    [[nodiscard]] std::vector<const unit_line*> all(std::string_view key) const;
    /// Where an assignment that is missing should be: the line that removed it, or the section.
    [[nodiscard]] const unit_line& place_of(std::string_view key) const;

    /// The text with specifiers replaced, as far as they do not depend on the host.
    [[nodiscard]] std::string expanded(std::string_view text) const;

    std::string name;
    std::vector<unit_line> lines{};
    bool exists = false;
    bool masked = false; ///< an empty file, or a link to /dev/null

private:
    static constexpr const char* places[] = {
        "/etc/systemd/system.control/",  "/run/systemd/system.control/",   "/run/systemd/transient/",
        "/run/systemd/generator.early/", "/etc/systemd/system/",           "/run/systemd/system/",
        "/run/systemd/generator/",       "/usr/local/lib/systemd/system/", "/usr/lib/systemd/system/",
        "/lib/systemd/system/",          "/run/systemd/generator.late/"};

    /// Sorted by file name. A file masks those of the same name in later directories.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> drop_ins(const std::string& pattern) const;

    /// Appends the lines of a file. false: it does not exist.
    bool read(const std::string& file);
    void add(const std::string& file, int number, std::string_view line, std::string& section);
};

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE std::string_view trimmed(std::string_view text)
{
    static constexpr std::string_view spaces = " \t\r";
    text.remove_prefix(std::min(text.find_first_not_of(spaces), text.size()));
    return text.substr(0, text.find_last_not_of(spaces) + 1);
}

DAEMONKIT_INLINE unit_file::unit_file(std::string named) : name(std::move(named))
{
    const auto at = name.find('@');
    const auto pattern = at == name.npos ? std::string() : name.substr(0, at) + "@.service";
    for (const auto& one : {name, pattern})
        for (const auto* const place : places)
            if (!exists && !one.empty() && read(sys::joined({place, one}))) {
                exists = true;
                masked = lines.empty();
                lines.insert(lines.begin(), {place + one, 1, {}, {}, {}});
            }
    if (!exists || masked) return;
    for (const auto& [unused, file] : drop_ins(pattern)) read(file);
}

DAEMONKIT_INLINE const unit_line* unit_file::last(std::initializer_list<std::string_view> keys) const
{
    const unit_line* found = nullptr;
    for (const auto& line : lines)
        if (line.section == "[Service]" && std::find(keys.begin(), keys.end(), line.key) != keys.end()) found = &line;
    return found;
}

DAEMONKIT_INLINE std::vector<const unit_line*> unit_file::all(std::string_view key) const
{
    std::vector<const unit_line*> found;
    for (const auto& line : lines) {
        if (line.section != "[Service]" || line.key != key) continue;
        if (line.value.empty())
            found.clear();
        else
            found.push_back(&line);
    }
    return found;
}

DAEMONKIT_INLINE const unit_line& unit_file::place_of(std::string_view key) const
{
    if (const auto* const reset = last({key})) return *reset;
    for (const auto& line : lines)
        if (line.section == "[Service]") return line;
    return lines.front();
}

DAEMONKIT_INLINE std::string unit_file::expanded(std::string_view text) const
{
    const auto stem = name.substr(0, name.rfind('.'));
    const auto at = stem.find('@');
    const auto prefix = stem.substr(0, at);
    const auto instance = at == stem.npos ? std::string() : stem.substr(at + 1);
    const std::pair<char, std::string_view> specifiers[] = {
        {'%', "%"},        {'n', name},         {'N', stem},    {'p', prefix},     {'P', prefix}, {'i', instance},
        {'I', instance},   {'t', "/run"},       {'T', "/tmp"},  {'V', "/var/tmp"}, {'E', "/etc"}, {'S', "/var/lib"},
        {'L', "/var/log"}, {'C', "/var/cache"}, {'h', "/root"}, {'u', "root"},     {'g', "root"}, {'U', "0"}};
    std::string done;
    while (!text.empty()) {
        const auto percent = std::min(text.find('%'), text.size());
        done += text.substr(0, percent);
        text.remove_prefix(percent);
        if (text.empty()) break;
        const auto* const found = std::find_if(std::begin(specifiers), std::end(specifiers),
                                               [&](auto& one) { return text.size() > 1 && one.first == text[1]; });
        done += found != std::end(specifiers) ? found->second : text.substr(0, 2);
        text.remove_prefix(std::min<std::size_t>(2, text.size()));
    }
    return done;
}

DAEMONKIT_INLINE std::vector<std::pair<std::string, std::string>> unit_file::drop_ins(const std::string& pattern) const
{
    std::vector<std::string> directories;
    const auto add = [&](const std::string& unit) {
        if (unit.empty()) return;
        directories.push_back(unit + ".d/");
        const auto tail = std::min(unit.find('@'), unit.rfind('.'));
        for (auto dash = unit.rfind('-', tail); dash != unit.npos && dash > 0; dash = unit.rfind('-', dash - 1))
            directories.push_back(sys::joined({unit.substr(0, dash + 1), unit.substr(unit.rfind('.')), ".d/"}));
    };
    add(name);
    add(pattern);
    std::vector<std::pair<std::string, std::string>> found;
    const auto look = [&](const std::string& directory) {
        for (const auto& file : sys::names_in(directory.c_str())) {
            const auto at = std::lower_bound(found.begin(), found.end(), file,
                                             [](auto& one, auto& wanted) { return one.first < wanted; });
            if (file.ends_with(".conf") && (at == found.end() || at->first != file))
                found.emplace(at, file, directory + file);
        }
    };
    for (const auto* const place : places)
        for (const auto& directory : directories) look(place + directory);
    for (const auto* const place : places) look(sys::joined({place, "service.d/"}));
    return found;
}

DAEMONKIT_INLINE bool unit_file::read(const std::string& file)
{
    std::string text;
    if (!read_regular(file, text)) return false;
    std::string section;
    std::string whole; // a line and those that continue it
    int number = 0;
    int first = 0;
    for (std::string_view rest = text; !rest.empty();) {
        const auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        ++number;
        const auto plain = trimmed(line);
        if (plain.starts_with('#') || plain.starts_with(';')) continue;
        if (whole.empty()) first = number;
        whole += line;
        if (line.ends_with('\\') && !rest.empty()) {
            whole.back() = ' ';
            continue;
        }
        add(file, first, trimmed(whole), section);
        whole.clear();
    }
    return true;
}

DAEMONKIT_INLINE void unit_file::add(const std::string& file, int number, std::string_view line, std::string& section)
{
    const auto equals = line.find('=');
    if (line.starts_with('[')) {
        section = line;
        lines.push_back({file, number, section, {}, {}});
    } else if (equals != line.npos)
        lines.push_back({file, number, section, std::string(trimmed(line.substr(0, equals))),
                         std::string(trimmed(line.substr(equals + 1)))});
}

#endif

} // namespace daemonkit::detail
