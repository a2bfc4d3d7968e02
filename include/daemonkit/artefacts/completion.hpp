// SPDX-License-Identifier: BSL-1.0
// The kinds bash, zsh and fish: what the shells complete.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../compiled.hpp"
#include "facts.hpp"
#include "fill.hpp"

namespace daemonkit::detail {

/// The name of a function in a shell.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string function_name(const artefact_facts& f);

/// Separated by spaces: the verbs, and the options with their dashes.
[[nodiscard, gnu::cold]] inline std::string verb_names(const artefact_facts& f)
{
    std::string all;
    for (const auto& verb : f.verbs) all += (all.empty() ? "" : " ") + verb.name;
    return all;
}
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string option_names(const artefact_facts& f, bool with_argument);

/// For bash, in /usr/share/bash-completion/completions/NAME.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string bash_completion(const artefact_facts& f, std::string_view kinds);

/// For zsh, as _NAME in a directory of $fpath.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string zsh_completion(const artefact_facts& f, std::string_view kinds);

/// For fish, in /usr/share/fish/vendor_completions.d/NAME.fish.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string fish_completion(const artefact_facts& f, std::string_view kinds);

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE std::string function_name(const artefact_facts& f)
{
    std::string name = "_" + f.name;
    for (char& c : name)
        if (std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789").find(c) ==
            std::string_view::npos)
            c = '_';
    return name;
}

DAEMONKIT_INLINE std::string option_names(const artefact_facts& f, bool with_argument)
{
    std::string all;
    const auto add = [&](std::string_view dashes, std::string_view name) {
        all += sys::joined({all.empty() ? "" : with_argument ? " | " : " ", dashes, name});
    };
    for (const auto& option : f.options) {
        if (with_argument && option.argument.empty()) continue;
        if (option.letter != 0) add("-", {&option.letter, 1});
        if (!option.name.empty()) add("--", option.name);
    }
    if (f.words && !with_argument) add("--", "");
    return all;
}

DAEMONKIT_INLINE std::string bash_completion(const artefact_facts& f, std::string_view kinds)
{
    return filled(R"(# bash completion of @name@
# shellcheck shell=bash
@function@() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} one verb=
    local -r verbs=@verbs@
    for one in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        if [[ $one == -- ]]; then # its words@?words@
            mapfile -t COMPREPLY < <(compgen -f -- "$word")@?words@
            return@?words@
        fi@?words@
        if [[ " $verbs " == *" $one "* ]]; then verb=$one; fi
    done
    case $before in
    @with_argument@)
        mapfile -t COMPREPLY < <(compgen -f -- "$word")@?with_argument@
        return@?with_argument@
        ;;@?with_argument@
    print)@?prints@
        mapfile -t COMPREPLY < <(compgen -W @kinds@ -- "$word")
        return@?prints@
        ;;@?prints@
    esac
    if [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W @options@ -- "$word")
    elif [[ -z $verb ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$verbs" -- "$word")
    fi
}
complete -F @function@ @word@
)",
                  {{"name", f.name},
                   {"function", function_name(f)},
                   {"verbs", shell_word(verb_names(f))},
                   {"options", shell_word(option_names(f, false))},
                   {"with_argument", option_names(f, true)},
                   {"?with_argument", !option_names(f, true).empty()},
                   {"?prints", f.has_verb("print")},
                   {"?words", f.words.has_value()},
                   {"kinds", f.has_verb("print") ? shell_word(kinds) : ""},
                   {"word", shell_word(f.name)}});
}

DAEMONKIT_INLINE std::string zsh_completion(const artefact_facts& f, std::string_view kinds)
{
    const auto text = [](std::string_view plain) { return escaped(plain, "\\[]:", "\\"); };
    std::string options;
    for (const auto& option : f.options) {
        const auto what = sys::joined({"[", text(option.help), "]", option.argument.empty() ? "" : ":",
                                       text(option.argument), option.argument.empty() ? "" : ":_files"});
        if (option.letter != 0)
            options += sys::joined({" \\\n    ", shell_word(sys::joined({"-", std::string(1, option.letter), what}))});
        if (!option.name.empty())
            options += sys::joined({" \\\n    ", shell_word(sys::joined({"--", option.name, what}))});
    }
    std::string verbs;
    for (const auto& verb : f.verbs)
        verbs += sys::joined({"    ", shell_word(sys::joined({text(verb.name), ":", text(verb.does)})), "\n"});
    const auto words = f.words ? sys::joined({"*:", text(f.words->argument), ":_files"}) : std::string();
    return sys::joined({"#compdef ", f.name, "\nlocal -a verbs=(\n", verbs, ")\n_arguments -s -S", options,
                        " \\\n    '1:verb:{ _describe verb verbs }'",
                        f.has_verb("print")
                            ? sys::joined({" \\\n    '2:kind:{ if (( $words[(I)print] )); then compadd ", kinds,
                                           f.words ? "; else _files" : "", "; fi }'"})
                            : std::string(),
                        f.words ? " \\\n    " : "", f.words ? shell_word(words) : std::string(), "\n"});
}

DAEMONKIT_INLINE std::string fish_completion(const artefact_facts& f, std::string_view kinds)
{
    const auto word = [](std::string_view text) { return sys::joined({"'", escaped(text, "\\'", "\\"), "'"}); };
    const auto begin = sys::joined({"complete -c ", word(f.name)});
    const auto none = sys::joined({" -n 'not __fish_seen_subcommand_from ", verb_names(f), "'"});
    std::string all = begin + " -f\n";
    for (const auto& verb : f.verbs)
        all += sys::joined({begin, none, " -a ", word(verb.name), " -d ", word(verb.does), "\n"});
    for (const auto& option : f.options) {
        all += sys::joined({begin, option.letter == 0 ? "" : " -s ", std::string(option.letter != 0, option.letter),
                            option.name.empty() ? "" : " -l ", option.name.empty() ? "" : word(option.name),
                            option.argument.empty() ? "" : " -r -F", " -d ", word(option.help), "\n"});
    }
    if (f.words) all += sys::joined({begin, " -n 'contains -- -- (commandline -opc)' -F\n"});
    if (f.has_verb("print"))
        all += sys::joined({begin, " -n '__fish_seen_subcommand_from print' -a ", word(kinds), "\n"});
    return all;
}

#endif

} // namespace daemonkit::detail
