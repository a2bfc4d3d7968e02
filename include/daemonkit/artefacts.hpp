// SPDX-License-Identifier: BSL-1.0
// The verbs print and doctor, for a class that says `using more_verbs = daemonkit::artefacts;`. print makes the files
// with which the program is installed: unit files, init scripts, a manual page, completions. They follow from the policies
// and settings of the class, so they cannot disagree with the program. doctor looks at the host as the daemon would meet
// it. artefacts/README.md lists the kinds.
#pragma once

#include "core/require_cxx20.hpp"

#include "artefacts/doctor.hpp"
#include "artefacts/facts_of.hpp"
#include "artefacts/input_output.hpp"
#include "artefacts/kinds.hpp"
#include "artefacts/notes.hpp"
#include "command_line/verb_call.hpp"
#include "core/exit_status.hpp"
#include "core/startup_error.hpp"
#include "sys/process.hpp"
#include "sys/terminal.hpp"
#include "version.hpp"

#include <cstdio>
#include <exception>
#include <string>

namespace daemonkit {

namespace detail {

/// The verb print. Returns the exit status; throws startup_error if the kind cannot be made, or standard output fails.
[[nodiscard, gnu::cold]] inline int print_artefact(std::string_view kind, const artefact_facts& f,
                                                   std::string_view name)
{
    const auto text = artefact_text(kind, f);
    if (text.empty()) {
        sys::print(stderr, {name, kind.empty() ? ": print needs a kind, one of: " : ": print: there is no kind '", kind,
                            kind.empty() ? "" : "', only: ", kind_names(), "\n"});
        return exit_status::usage;
    }
    write_output(text);
    return exit_status::done;
}

} // namespace detail

/// More verbs of command_line(): `using more_verbs = daemonkit::artefacts;` in the class of the daemon.
struct artefacts
{
    /// The verbs.
    static constexpr verb_help verbs[] = {
        {"print", "[KIND]", "print a file that installs the program: a unit, a script, a manual page", true},
        {"doctor", "", "look for what is wrong on this host, and change nothing", true},
    };

    /// Executes one of them. Returns the exit status. Throws startup_error.
    template <class Derived>
    [[nodiscard]] static int carry_out(const verb_call<Derived>& call)
    {
        if (call.asked == "print")
            return detail::print_artefact(call.asked.operand, detail::facts_of(call, DAEMONKIT_VERSION), call.name);
        try {
            const auto facts = detail::facts_of(call, DAEMONKIT_VERSION);
            status_report found{};
            if constexpr (Derived::daemon_type::can_be_found) found = Derived::daemon_type::status(call.settings);
            return detail::print_findings(detail::examined(facts, found, call.check), facts.name, call.options.json);
        } catch (const std::exception& e) {
            if (!call.options.json) throw;
            return detail::print_failure(e, call.name);
        }
    }
    /// What doctor prints with --json if the settings cannot be made; empty for another verb.
    [[nodiscard, gnu::cold]] static std::string no_settings_json(const verb& asked, const std::string& reason)
    {
        return asked == "doctor" ? detail::doctor_json(reason, sys::program_name()) : std::string();
    }
};

} // namespace daemonkit
