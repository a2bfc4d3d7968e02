// SPDX-License-Identifier: BSL-1.0
// The kinds of files that print makes.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../compiled.hpp"
#include "completion.hpp"
#include "facts.hpp"
#include "host_files.hpp"
#include "lsb.hpp"
#include "man.hpp"
#include "ocf.hpp"
#include "supervisors.hpp"
#include "systemd.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace daemonkit::detail {

/// A word after print, and what makes the text.
struct artefact_kind
{
    const char* name;
    std::string (*text)(const artefact_facts&);
};

[[nodiscard, gnu::cold]] inline std::string kind_names();

inline constexpr artefact_kind artefact_kinds[] = {
    {"systemd", systemd_unit},
    {"systemd-socket", systemd_socket},
    {"lsb", lsb_script},
    {"openrc", openrc_script},
    {"runit", runit_directory},
    {"s6", s6_directory},
    {"dinit", dinit_service},
    {"supervisord", supervisord_program},
    {"monit", monit_check},
    {"ocf", ocf_agent},
    {"logrotate", logrotate_rule},
    {"tmpfiles", tmpfiles_rule},
    {"sysusers", sysusers_rule},
    {"man", man_page},
    {"bash", [](const artefact_facts& f) { return bash_completion(f, kind_names()); }},
    {"zsh", [](const artefact_facts& f) { return zsh_completion(f, kind_names()); }},
    {"fish", [](const artefact_facts& f) { return fish_completion(f, kind_names()); }},
};

/// All names, separated by spaces.
[[nodiscard, gnu::cold]] inline std::string kind_names()
{
    std::string all;
    for (const auto& kind : artefact_kinds) all += sys::joined({all.empty() ? "" : " ", kind.name});
    return all;
}

/// Without --instance the paths have "%i": systemd's own word for the instance of a template, systemd.unit(5). Texts for
/// people and shells are about the program; other files are for one instance.
[[nodiscard]] DAEMONKIT_INLINE std::string text_for_all(const artefact_kind& kind, artefact_facts f);

/// The text of the kind, which exists. Throws startup_error, exit status 6, if it cannot be made for this daemon.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string artefact_text(std::string_view name, const artefact_facts& f);

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE std::string text_for_all(const artefact_kind& kind, artefact_facts f)
{
    const std::string_view name = kind.name;
    if (name.starts_with("systemd")) {
        auto text = kind.text(f);
        for (std::size_t at = 0; (at = text.find("%%i", at)) != text.npos; at += 2) text.erase(at, 1);
        return text;
    }
    if (name != "man" && name != "bash" && name != "zsh" && name != "fish")
        refuse_artefact(name, "this file is for one instance: say which by --instance NAME");
    f.name = f.program.substr(f.program.rfind('/') + 1);
    f.instance.clear();
    return kind.text(f);
}

DAEMONKIT_INLINE std::string artefact_text(std::string_view name, const artefact_facts& f)
{
    const auto refuse_controls = [&](std::string_view field, std::string_view text) {
        for (const char c : text)
            if (static_cast<unsigned char>(c) < ' ' || c == 0x7f)
                refuse_artefact(name, sys::joined({field, " has a control character"}));
    };
    for (const auto& [field, text] : {std::pair<const char*, const std::string&>{"process.name", f.name},
                                      {"notes.program, or the path of the program,", f.program},
                                      {"process.working_directory", f.directory},
                                      {"process.chroot", f.chroot},
                                      {"process.group", f.group},
                                      {"process.user, or notes.user,", f.worker()},
                                      {"pid.path", f.pid_file},
                                      {"stdio.output", f.output},
                                      {"stdio.error", f.error},
                                      {"the version of the class", f.version},
                                      {"notes.description", f.description},
                                      {"notes.documentation", f.documentation},
                                      {"notes.listen", f.listen}})
        refuse_controls(field, text);
    for (const auto& one : f.given)
        refuse_controls(sys::joined({"the option ", std::string_view(one).substr(0, one.find('='))}), one);
    for (const auto& kind : artefact_kinds)
        if (name == kind.name) return f.instance == "%i" ? text_for_all(kind, f) : kind.text(f);
    return {};
}

#endif

} // namespace daemonkit::detail
