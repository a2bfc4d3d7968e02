// SPDX-License-Identifier: BSL-1.0
// Fills in the text of a file: `@name@` becomes the value of that name. A line with a name that has no value is left
// out. Also how each format quotes a path.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../compiled.hpp"
#include "../text/joined.hpp"
#include "facts.hpp"

#include <initializer_list>
#include <string>
#include <string_view>

namespace daemonkit::detail {

/// A name in a text, and its value.
struct blank
{
    std::string_view name;
    std::string value;
    bool kept = true; ///< false: lines with it are left out

    /// Kept even if the value is empty.
    blank(std::string_view n, std::string v, bool k) : name(n), value(std::move(v)), kept(k) {}
    /// Left out if the value is empty.
    blank(std::string_view n, std::string v) : name(n), value(std::move(v)), kept(!value.empty()) {}
    /// A condition: nothing in the place of the name.
    blank(std::string_view n, bool holds) : name(n), kept(holds) {}
    /// Also for literals, which would convert to bool.
    blank(std::string_view n, const char* v) : blank(n, std::string(v)) {}
};

/// The text with all names replaced. A line feed right after a condition at the end of its line is kept.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string filled(std::string_view text,
                                                             std::initializer_list<blank> blanks);

/// `text` with `before` in front of each of `characters`.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string escaped(std::string_view text, std::string_view characters,
                                                              std::string_view before);

/// `text` with each character `c` doubled.
[[nodiscard, gnu::cold]] inline std::string doubled(std::string_view text, char c)
{
    return escaped(text, {&c, 1}, {&c, 1});
}

inline constexpr std::string_view plain_characters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-+:,=";

/// Whether no format needs quotes for it.
[[nodiscard, gnu::cold]] inline bool is_plain(std::string_view text)
{
    return !text.empty() && text.find_first_not_of(plain_characters) == text.npos;
}

/// One word of a POSIX shell, also of bash and zsh.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string shell_word(std::string_view text);

/// What stands between the program and the verb, by a quoting function: "--instance NAME ", and the options of the
/// program with which print was called.
template <class QuoteFunction>
[[nodiscard]] std::string options_of(const artefact_facts& f, QuoteFunction quoted)
{
    std::string all;
    if (!f.instance.empty()) all = sys::joined({"--instance ", quoted(f.instance), " "});
    for (const auto& one : f.given) all += sys::joined({quoted(one), " "});
    return all;
}

/// A command line of the program for a shell: "/usr/sbin/clientd --instance a print logrotate".
[[nodiscard, gnu::cold]] inline std::string shell_command(const artefact_facts& f, std::string_view verb)
{
    return sys::joined({shell_word(f.program), " ", options_of(f, shell_word), verb});
}

/// One word in a list of systemd: specifiers and quotes, systemd.syntax(7). tmpfiles.d(5) and sysusers.d(5) read the
/// same.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string systemd_word(std::string_view text);

/// One argument of a command of systemd, which also replaces variables: systemd.service(5).
[[nodiscard, gnu::cold]] inline std::string systemd_argument(std::string_view text)
{
    return systemd_word(doubled(text, '$'));
}

/// The rest of a line of systemd, where quotes mean nothing.
[[nodiscard, gnu::cold]] inline std::string systemd_value(std::string_view text) { return doubled(text, '%'); }

/// Text inside a line of roff(7).
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string roff_inside(std::string_view text);
/// The same at the beginning of a line.
[[nodiscard, gnu::cold]] inline std::string roff(std::string_view text)
{
    return (text.starts_with('.') || text.starts_with('\'') ? "\\&" : "") + roff_inside(text);
}

/// Text of XML.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string xml(std::string_view text);

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE std::string filled(std::string_view text, std::initializer_list<blank> blanks)
{
    std::string all;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size() - 1) + 1;
        auto line = text.substr(0, end);
        text.remove_prefix(end);
        std::string done;
        bool kept = true;
        for (;;) {
            const auto at = line.find('@');
            const auto close = at == line.npos ? at : line.find('@', at + 1);
            const blank* found = nullptr;
            if (close != line.npos)
                for (const auto& one : blanks)
                    if (line.substr(at + 1, close - at - 1) == one.name) found = &one;
            if (found == nullptr) {
                const auto length = at == line.npos ? line.size() : at + 1;
                done.append(line, 0, length);
                line.remove_prefix(length);
                if (line.empty()) break;
                continue;
            }
            done.append(line, 0, at).append(found->value);
            kept = kept && found->kept;
            line.remove_prefix(close + 1);
        }
        if (kept) all += done;
    }
    return all;
}

DAEMONKIT_INLINE std::string escaped(std::string_view text, std::string_view characters, std::string_view before)
{
    std::string all;
    for (const char c : text) {
        if (characters.find(c) != characters.npos) all += before;
        all += c;
    }
    return all;
}

DAEMONKIT_INLINE std::string shell_word(std::string_view text)
{
    if (is_plain(text)) return std::string(text);
    std::string all = "'";
    for (const char c : text) c == '\'' ? all += "'\\''" : all += c;
    return all += '\'';
}

DAEMONKIT_INLINE std::string systemd_word(std::string_view text)
{
    auto plain = doubled(text, '%');
    if (is_plain(text)) return plain;
    return sys::joined({"\"", escaped(plain, "\"\\", "\\"), "\""});
}

DAEMONKIT_INLINE std::string roff_inside(std::string_view text)
{
    std::string all;
    for (const char c : text) c == '\\' ? all += "\\e" : c == '-' ? all += "\\-" : c == '"' ? all += "\\(dq" : all += c;
    return all;
}

DAEMONKIT_INLINE std::string xml(std::string_view text)
{
    std::string all;
    for (const char c : text)
        c == '&'   ? all += "&amp;"
        : c == '<' ? all += "&lt;"
        : c == '>' ? all += "&gt;"
        : c == '"' ? all += "&quot;"
                   : all += c;
    return all;
}

#endif

} // namespace daemonkit::detail
