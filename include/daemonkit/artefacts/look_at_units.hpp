// SPDX-License-Identifier: BSL-1.0
// doctor: an installed unit that disagrees with the program, and in which line.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../compiled.hpp"
#include "facts.hpp"
#include "findings.hpp"
#include "unit_file.hpp"
#include "unit_priorities.hpp"
#include "unit_rules.hpp"
#include "unit_sandbox.hpp"

#include <span>
#include <string>

namespace daemonkit::detail {

/// Reports the lines that systemd ignores, and removes them.
[[gnu::cold]] DAEMONKIT_INLINE void remove_ignored(unit_file& unit, std::span<const unit_rule> rules, findings& all);

/// One unit, if it is installed.
[[gnu::cold]] DAEMONKIT_INLINE void look_at_unit(const artefact_facts& f, const std::string& name, findings& all);

/// The unit of the daemon; of an instance also that of the template.
[[gnu::cold]] DAEMONKIT_INLINE void look_at_units(const artefact_facts& f, findings& all);

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE void remove_ignored(unit_file& unit, std::span<const unit_rule> rules, findings& all)
{
    std::erase_if(unit.lines, [&](const unit_line& line) {
        for (const auto& rule : rules) {
            if (line.key.empty() || !has_word(rule.keys, line.key)) continue;
            const bool misplaced = line.section != "[Service]";
            if (!misplaced && (rule.is_read == nullptr || rule.is_read(line.value))) return false;
            if (misplaced || !line.value.empty())
                all.add(severity::warning, "unit",
                        sys::joined({line.where(), line.key, "=", line.value, ": systemd ignores the line",
                                     misplaced ? ", which is not in [Service]" : " because it cannot read the value"}),
                        misplaced ? "move it below [Service]" : "correct or remove it");
            return true;
        }
        return false;
    });
}

DAEMONKIT_INLINE void look_at_unit(const artefact_facts& f, const std::string& name, findings& all)
{
    unit_file unit(name);
    if (unit.masked)
        all.add(severity::note, "unit", sys::joined({name, " is masked: systemd does not start it"}),
                sys::joined({"systemctl unmask ", shell_word(name)}));
    if (!unit.exists || unit.masked) return;
    remove_ignored(unit, start_and_stop_rules, all);
    remove_ignored(unit, sandbox_rules, all);
    remove_ignored(unit, priority_rules, all);
    for (const auto rules : {std::span<const unit_rule>(start_and_stop_rules),
                             std::span<const unit_rule>(sandbox_rules), std::span<const unit_rule>(priority_rules)})
        for (const auto& rule : rules)
            if (rule.check != nullptr) rule.check({f, unit, all});
}

DAEMONKIT_INLINE void look_at_units(const artefact_facts& f, findings& all)
{
    look_at_unit(f, f.name + ".service", all);
    const auto program = f.program.substr(f.program.rfind('/') + 1);
    if (!f.instance.empty()) look_at_unit(f, sys::joined({program, "@", f.instance, ".service"}), all);
}

#endif

} // namespace daemonkit::detail
