// SPDX-License-Identifier: BSL-1.0
// The kind man: the page of section 8, man(7).
#pragma once

#include "../core/require_cxx20.hpp"

#include "../command_line/detail/json.hpp"
#include "../compiled.hpp"
#include "../sys/file.hpp"
#include "../sys/process.hpp"
#include "facts.hpp"
#include "fill.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace daemonkit::detail {

/// The text in lines of at most 80 bytes, where words allow it.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string man_text(std::string_view text);

/// One tagged paragraph.
[[nodiscard, gnu::cold]] inline std::string man_item(const std::string& tag, const std::string& text)
{
    return sys::joined({".TP\n", tag, "\n", man_text(text), "\n"});
}

/// The date of the program's file: the same program prints the same page.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string date_of_program(const artefact_facts& f);

/// The page.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string man_page(const artefact_facts& f);

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE std::string man_text(std::string_view text)
{
    std::string all;
    for (std::size_t width = 0; !text.empty();) {
        const auto word = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(word.size() + 1, text.size()));
        const bool breaks = width != 0 && width + 1 + word.size() > 80;
        if (width != 0) all += breaks ? "\n" : " ";
        width = breaks || width == 0 ? word.size() : width + 1 + word.size();
        all += width == word.size() ? roff(word) : roff_inside(word);
    }
    return all;
}

DAEMONKIT_INLINE std::string date_of_program(const artefact_facts& f)
{
    sys::file_status status = {};
    if (sys::status_of("/proc/self/exe", status) == -1 && sys::status_of(f.program.c_str(), status) == -1) return {};
    return std::string(format_time(std::chrono::system_clock::from_time_t(status.st_mtime), "%F", true));
}

DAEMONKIT_INLINE std::string man_page(const artefact_facts& f)
{
    std::string verbs;
    for (const auto& verb : f.verbs)
        verbs += man_item(sys::joined({".B ", roff(verb.name), verb.operand.empty() ? "" : " \\fI", roff(verb.operand),
                                       verb.operand.empty() ? "" : "\\fP"}),
                          verb.does);
    std::string options;
    for (const auto& option : f.options) {
        std::string tag = ".B ";
        if (option.letter != 0) tag += sys::joined({"\\-", std::string(1, option.letter)});
        if (option.letter != 0 && !option.name.empty()) tag += ", ";
        if (!option.name.empty()) tag += "\\-\\-" + roff(option.name);
        if (!option.argument.empty()) tag += sys::joined({" \\fI", roff(option.argument), "\\fP"});
        options += man_item(tag, option.help);
    }
    const auto words = f.words ? roff_inside(f.words->argument) : std::string();
    if (f.words) options += man_item(sys::joined({".B \\-\\- \\fI", words, "\\fP..."}), f.words->help);
    std::string signals;
    for (const int signal : f.stops) signals += man_item(".B " + sys::signal_name(signal), "The daemon stops.");
    if (f.reloads)
        signals += man_item(".B SIGHUP", f.reopens ? "The daemon reloads, and opens its log files again."
                                                   : "The daemon reloads its configuration.");
    for (const int signal : f.signals) signals += man_item(".B " + sys::signal_name(signal), "Chosen by the program.");
    std::string files;
    if (!f.pid_file.empty()) files += man_item(".I " + roff(f.pid_file), "The pid file, while the daemon runs.");
    if (f.has_log()) files += man_item(".I " + roff(f.output), "Standard output of the daemon.");
    if (!f.error.empty()) files += man_item(".I " + roff(f.error), "Standard error of the daemon.");
    std::string upper = f.name;
    for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    const auto section = [](const char* name, const std::string& text) {
        return text.empty() ? text : sys::joined({".SH ", name, "\n", text});
    };
    return sys::joined(
        {".TH ",
         roff(upper),
         " 8 ",
         date_of_program(f),
         " \"",
         roff(f.name),
         " ",
         roff_inside(f.version),
         "\"\n.SH NAME\n",
         roff(f.name),
         " \\- ",
         man_text(f.description.empty() ? "a daemon" : f.description),
         "\n.SH SYNOPSIS\n.B ",
         roff(f.name),
         "\n.RI [ OPTION \"]... \" VERB",
         f.words ? sys::joined({" \" [\\-\\- \" ", words, " ...]"}) : "",
         "\n.SH VERBS\n",
         verbs,
         section("OPTIONS", options),
         section("SIGNALS", signals),
         section("FILES", files),
         ".SH EXIT STATUS\nLSB 3.1, section 20.2. For all verbs but\n.BR status :\n",
         man_item(".B 0", "Success, or nothing had to be done."),
         man_item(".B 1", "An error, with its reason."),
         man_item(".B 2", "Wrong arguments."),
         man_item(".B 3", "This program does not have the verb."),
         man_item(".B 4", "Not permitted."),
         man_item(".B 6", "A setting that cannot work."),
         man_item(".B 7", "reload: the daemon does not run."),
         ".PP\nFor\n.BR status :\n0 running, 1 dead and its pid file remains, 3 not running, 4 unknown.\n",
         f.documentation.empty() ? "" : ".SH SEE ALSO\n",
         f.documentation.empty() ? "" : roff(f.documentation),
         f.documentation.empty() ? "" : "\n"});
}

#endif

} // namespace daemonkit::detail
