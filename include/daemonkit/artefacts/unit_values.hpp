// SPDX-License-Identifier: BSL-1.0
// The values of a unit file: truth values, times, lists, commands.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../compiled.hpp"
#include "../sys/file.hpp"
#include "../sys/process.hpp"
#include "facts.hpp"
#include "unit_file.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace daemonkit::detail {

/// Whether one of the words in `list`, which are separated by spaces, is this one.
[[nodiscard, gnu::cold]] inline bool has_word(std::string_view list, std::string_view word)
{
    const auto whole = sys::joined({" ", list, " "});
    return whole.find(sys::joined({" ", word, " "})) != whole.npos;
}

/// A truth value; none: systemd ignores the line.
[[nodiscard, gnu::cold]] inline std::optional<bool> unit_truth(std::string_view text)
{
    if (has_word("1 yes y true t on", text)) return true;
    if (has_word("0 no n false f off", text)) return false;
    return {};
}

/// The seconds of a time, systemd.time(7): "1min 30s"; none: systemd ignores the line.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::optional<double> unit_seconds(const std::string& text);

/// The words of a list or a command, without their quotes.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::vector<std::string> unit_words(std::string_view text);

/// A command of a unit, as far as it concerns the daemon.
struct unit_command
{
    bool is_program = false; ///< it is the program, or runs it
    bool is_known = true;    ///< false: a shell, or something else with the program inside
    int kills = 0;           ///< it is kill(1), with this signal
    std::string verb{};      ///< of the program; empty: none was found
    std::string instance{};  ///< the argument of --instance; empty: none
};

/// Whether both are the same file.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE bool is_same_program(const std::string& one, const std::string& other);

/// Reads the arguments of the program: the verb is the first word that is no option.
[[gnu::cold]] DAEMONKIT_INLINE void read_arguments(const artefact_facts& f, std::span<const std::string> words,
                                                   unit_command& into);

/// Reads a command of systemd.service(5).
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE unit_command read_command(const artefact_facts& f, const unit_file& unit,
                                                                    std::string_view text);

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE std::optional<double> unit_seconds(const std::string& text)
{
    if (text == "infinity") return std::numeric_limits<double>::infinity();
    static constexpr struct
    {
        const char* names;
        double seconds;
    } units[] = {{"s sec second seconds", 1},  {"ms msec", 1e-3},           {"us usec \xc2\xb5s \xce\xbcs", 1e-6},
                 {"m min minute minutes", 60}, {"h hr hour hours", 3600},   {"d day days", 86400},
                 {"w week weeks", 604800},     {"M month months", 2629800}, {"y year years", 31557600}};
    double all = 0;
    if (text.empty()) return {};
    for (std::string_view rest = text; !rest.empty();) {
        const auto number = rest.substr(0, rest.find_first_not_of("0123456789."));
        rest = trimmed(rest.substr(number.size()));
        const auto name = rest.substr(0, rest.find_first_of(" 0123456789"));
        rest = trimmed(rest.substr(name.size()));
        const auto* const unit = std::find_if(std::begin(units), std::end(units), [&](auto& one) {
            return has_word(one.names, name.empty() ? "s" : name);
        });
        if (number.empty() || unit == std::end(units)) return {};
        all += std::strtod(std::string(number).c_str(), nullptr) * unit->seconds;
    }
    return all;
}

DAEMONKIT_INLINE std::vector<std::string> unit_words(std::string_view text)
{
    std::vector<std::string> words;
    bool inside = false;
    char quote = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quote == 0 && (c == ' ' || c == '\t')) {
            inside = false;
            continue;
        }
        if (!inside) words.emplace_back();
        inside = true;
        if (c == quote)
            quote = 0;
        else if (quote == 0 && (c == '"' || c == '\''))
            quote = c;
        else
            words.back() += c == '\\' && i + 1 < text.size() ? text[++i] : c;
    }
    return words;
}

DAEMONKIT_INLINE bool is_same_program(const std::string& one, const std::string& other)
{
    sys::file_status a = {};
    sys::file_status b = {};
    return one == other || (one.starts_with('/') && sys::status_of(one.c_str(), a) == 0 &&
                            sys::status_of(other.c_str(), b) == 0 && sys::same_file(a, b));
}

DAEMONKIT_INLINE void read_arguments(const artefact_facts& f, std::span<const std::string> words, unit_command& into)
{
    for (std::size_t i = 0; i < words.size(); ++i) {
        const auto& word = words[i];
        if (word == "--") { // without a verb before it, the next word is the verb
            if (into.verb.empty() && i + 1 < words.size() && f.has_verb(words[i + 1])) into.verb = words[i + 1];
            return;
        }
        if (!word.starts_with('-')) {
            if (into.verb.empty() && f.has_verb(word)) into.verb = word;
            continue;
        }
        if (word.starts_with("--instance=")) into.instance = word.substr(11);
        for (const auto& option : f.options) {
            const bool is_it =
                word == "--" + option.name || (option.letter != 0 && word == std::string{'-', option.letter});
            if (!is_it || option.argument.empty() || i + 1 == words.size()) continue;
            ++i;
            if (option.name == "instance") into.instance = words[i];
            break;
        }
    }
}

DAEMONKIT_INLINE unit_command read_command(const artefact_facts& f, const unit_file& unit, std::string_view text)
{
    const auto start = std::min(text.find_first_not_of("@-:+!|"), text.size());
    const bool renamed = text.substr(0, start).find('@') != text.npos;
    auto words = unit_words(text.substr(start));
    if (renamed && words.size() > 1) words.erase(words.begin() + 1);
    for (auto& word : words) word = unit.expanded(word);
    unit_command command;
    for (std::size_t i = 0; i < words.size(); ++i) {
        auto& word = words[i];
        if (i > 0)
            for (std::size_t at = 0; (at = word.find("$$", at)) != word.npos; ++at) word.erase(at, 1);
        if (command.is_program) continue;
        const bool by_name = i == 0 && f.program.ends_with("/" + word);
        if (by_name || is_same_program(word, f.program)) {
            command.is_program = true;
            words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(i) + 1);
            i = static_cast<std::size_t>(-1);
        } else if (word.find(f.program) != word.npos || f.program.ends_with("/" + word) ||
                   has_word("sh bash dash", word.substr(word.rfind('/') + 1)))
            command.is_known = false;
    }
    if (command.is_program)
        read_arguments(f, words, command);
    else if (!words.empty() && (words[0] == "kill" || words[0].ends_with("/kill"))) {
        command.kills = SIGTERM;
        for (std::size_t i = 1; i < words.size(); ++i) {
            std::string_view signal = words[i];
            if (signal == "-s" && i + 1 < words.size())
                signal = words[++i];
            else if (signal.starts_with("--signal="))
                signal.remove_prefix(9);
            else if (signal.starts_with('-'))
                signal.remove_prefix(1);
            else
                continue;
            if (const int number = sys::signal_number(signal); number != 0) command.kills = number;
        }
    }
    return command;
}

#endif

} // namespace daemonkit::detail
