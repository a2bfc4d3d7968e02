// SPDX-License-Identifier: BSL-1.0
// The verb doctor: looks at the host as the daemon would meet it, and prints one line for each finding, worst first.
// Changes nothing.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../command_line/detail/json.hpp"
#include "../compiled.hpp"
#include "../control/status_report.hpp"
#include "../core/exit_status.hpp"
#include "../core/startup_error.hpp"
#include "../sys/terminal.hpp"
#include "../text/function_ref.hpp"
#include "facts.hpp"
#include "findings.hpp"
#include "input_output.hpp"
#include "look_at_files.hpp"
#include "look_at_host.hpp"
#include "look_at_units.hpp"

#include <cstdio>
#include <exception>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace daemonkit::detail {

/// What the hook check() throws.
[[gnu::cold]] DAEMONKIT_INLINE void look_at_check(const sys::function_ref<void()>& check, findings& all);

/// What the record says about the daemon.
[[gnu::cold]] DAEMONKIT_INLINE void look_at_daemon(const artefact_facts& f, const status_report& found, findings& all);

/// All findings, worst first.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE findings examined(const artefact_facts& f, const status_report& found,
                                                            const sys::function_ref<void()>& check);

/// Whether one is worse than a note.
[[nodiscard, gnu::cold]] inline bool is_unhealthy(const findings& all)
{
    return !all.list.empty() && all.list.front().how_bad != severity::note;
}

/// One object, as doctor.schema.json describes it.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string doctor_json(const findings& all, std::string_view name);

/// The same where there are no facts. `reason` is not empty.
[[nodiscard, gnu::cold]] inline std::string doctor_json(const std::string& reason, std::string_view name)
{
    findings all;
    all.add(severity::error, "settings", reason, "");
    return doctor_json(all, name);
}

/// The JSON of a doctor that failed. Returns the exit status. Throws startup_error.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE int print_failure(const std::exception& e, std::string_view name);

/// Prints them. Returns the exit status: 0 if none is worse than a note, otherwise 1. Throws startup_error.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE int print_findings(const findings& all, const std::string& name, bool json);

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE void look_at_check(const sys::function_ref<void()>& check, findings& all)
{
    try {
        check();
    } catch (const std::exception& e) {
        all.add(severity::error, "check", e.what(), "correct the configuration");
    }
}

DAEMONKIT_INLINE void look_at_daemon(const artefact_facts& f, const status_report& found, findings& all)
{
    using enum status_report::condition;
    if (found.state == unknown && !f.records_pid && f.may_lack_pid) {
        all.add(severity::note, "status", "it cannot be found out whether the daemon runs: it has no pid file", "");
    } else if (found.state == unknown) {
        sys::credentials user;
        const bool other = starting_user(f, user) && user.uid != sys::effective_user();
        all.add(other ? severity::note : severity::error, "status",
                sys::joined({"it cannot be found out whether the daemon runs: ", found.message}),
                other ? sys::joined({"call status as ", sys::described_user(user.uid)}) : std::string());
    }
    if (found.state == dead)
        all.add(severity::warning, "status", sys::joined({"the daemon has died; its stale record is in ", found.where}),
                "look for the reason in its log; start or stop removes the record");
    if (!found.suspended.empty())
        all.add(severity::warning, "status", sys::joined({"the daemon (pid ", found.pid, ") is ", found.suspended}),
                "");
    if (found.pid != 0 && sys::link_target(sys::joined({"/proc/", found.pid, "/exe"}).c_str()).ends_with(" (deleted)"))
        all.add(severity::warning, "program",
                sys::joined({"the daemon (pid ", found.pid, ") runs a program that was replaced since"}),
                "call restart");
}

DAEMONKIT_INLINE findings examined(const artefact_facts& f, const status_report& found,
                                   const sys::function_ref<void()>& check)
{
    findings all;
    look_at_check(check, all);
    look_at_daemon(f, found, all);
    look_at_accounts(f, all);
    look_at_kernel(f, all);
    look_at_pid_file(f, all);
    look_at_logs(f, found.pid, all);
    look_at_directory(f, all);
    look_at_logrotate(f, all);
    look_at_init_script(f, all);
    look_at_units(f, all);
    return all;
}

DAEMONKIT_INLINE std::string doctor_json(const findings& all, std::string_view name)
{
    std::string text;
    for (const auto& one : all.list)
        text +=
            sys::joined({text.empty() ? "" : ", ", "{\"severity\": \"", severity_names[static_cast<int>(one.how_bad)],
                         "\", \"about\": ", json_string(one.about), ", \"finding\": ", json_string(one.finding),
                         ", \"advice\": ", one.advice.empty() ? "null" : json_string(one.advice), "}"});
    return sys::joined({"{\"schema\": 1, \"name\": ", json_string(name),
                        ", \"healthy\": ", is_unhealthy(all) ? "false" : "true", ", \"findings\": [", text, "]}"});
}

DAEMONKIT_INLINE int print_failure(const std::exception& e, std::string_view name)
{
    write_output(doctor_json(std::string(e.what()), name) + "\n");
    const auto* const known = dynamic_cast<const startup_error*>(&e);
    return known != nullptr ? known->status() : exit_status::error;
}

DAEMONKIT_INLINE int print_findings(const findings& all, const std::string& name, bool json)
{
    std::string text = json ? doctor_json(all, name) + "\n" : std::string();
    const auto add = [&](std::initializer_list<sys::piece> pieces) {
        if (!json) text += sys::without_controls(sys::joined(pieces)) + "\n";
    };
    for (const auto& one : all.list)
        add({name, ": ", severity_names[static_cast<int>(one.how_bad)], ": ", one.finding,
             one.advice.empty() ? "" : ": ", one.advice});
    if (!is_unhealthy(all)) add({name, ": nothing is wrong"});
    write_output(text);
    return is_unhealthy(all) ? exit_status::error : exit_status::done;
}

#endif

} // namespace daemonkit::detail
