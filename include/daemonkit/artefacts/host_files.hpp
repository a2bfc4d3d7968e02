// SPDX-License-Identifier: BSL-1.0
// The kinds logrotate, tmpfiles and sysusers: what a host prepares for the daemon.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../compiled.hpp"
#include "facts.hpp"
#include "fill.hpp"
#include "places.hpp"

namespace daemonkit::detail {

/// The rule of logrotate(8). The verb reload makes the daemon open a new file, so copytruncate is not needed.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string logrotate_rule(const artefact_facts& f);

/// The directories of the daemon, tmpfiles.d(5).
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string tmpfiles_rule(const artefact_facts& f);

/// The user of the daemon, sysusers.d(5).
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string sysusers_rule(const artefact_facts& f);

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE std::string logrotate_rule(const artefact_facts& f)
{
    if (!f.has_log())
        refuse_artefact("logrotate", "the daemon writes no log file: standard output and error are not its own files");
    if (!f.reopens || !f.records_pid) refuse_artefact("logrotate", "the daemon cannot be told to open its log again");
    const auto word = [](const std::string& path) {
        if (path.find_first_of("{}\"") != path.npos)
            refuse_artefact("logrotate", "its format cannot quote { } or \" in " + path);
        return sys::joined({"\"", escaped(path, "*?[]\\", "\\"), "\""});
    };
    const bool owned = !f.user.empty() && !is_shared_directory(directory_of(f.output));
    return filled(R"(# /etc/logrotate.d/@name@
@output@@error@ {
    weekly
    rotate 8
    missingok
    notifempty
    compress
    delaycompress
    sharedscripts
    # The directory belongs to the user of the daemon: logrotate refuses it otherwise.@?owned@
    su @user@ @group@
    create @mode@ @owner@ @owner_group@
    postrotate
        # Returns when the daemon has opened the new file. 7: it does not run.
        cd @directory@ && @program@ --quiet @instance@reload || [ $? -eq 7 ]
    endscript
}
)",
                  {{"name", f.name},
                   {"instance", options_of(f, shell_word), true},
                   {"output", word(f.output)},
                   {"error", f.error.empty() || f.error == f.output ? "" : " " + word(f.error), true},
                   {"?owned", owned},
                   {"user", owned ? f.user : std::string()},
                   {"group", f.worker_group()},
                   {"mode", sys::octal(f.log_mode)},
                   {"owner", f.worker().empty() ? "root" : f.worker()},
                   {"owner_group", f.worker().empty() ? "root" : f.worker_group()},
                   {"directory", shell_word(f.directory)},
                   {"program", shell_word(f.program)}});
}

DAEMONKIT_INLINE std::string tmpfiles_rule(const artefact_facts& f)
{
    std::string lines;
    for (const auto& directory : written_directories(f)) {
        if (is_shared_directory(directory)) continue;
        // The pid file and the logs are opened by the user that starts the program.
        const bool opened = writes_files_in(f, directory);
        const auto& user = opened ? f.user : f.worker();
        const auto& group = user.empty() ? user : f.worker_group();
        lines += sys::joined({"d ", systemd_word(directory), " 0755 ", user.empty() ? "root" : systemd_word(user), " ",
                              group.empty() ? "root" : systemd_word(group), " -\n"});
    }
    if (lines.empty()) refuse_artefact("tmpfiles", "the daemon has no directory of its own");
    return sys::joined({"# /usr/lib/tmpfiles.d/", f.name, ".conf\n", lines});
}

DAEMONKIT_INLINE std::string sysusers_rule(const artefact_facts& f)
{
    const auto& user = f.worker();
    if (user.empty()) refuse_artefact("sysusers", "the daemon has no user: it runs as root");
    std::string described = f.description.empty() ? f.name : sys::joined({f.name, ", ", f.description});
    std::replace(described.begin(), described.end(), ':', ','); // it separates the fields of passwd(5)
    const bool own_group = f.group.empty() || f.group == user;
    return sys::joined({"# /usr/lib/sysusers.d/", f.name, ".conf\n",
                        own_group ? std::string() : sys::joined({"g ", systemd_word(f.group), " -\n"}), "u ",
                        systemd_word(user), own_group ? " - " : sys::joined({" -:", systemd_word(f.group), " "}), "\"",
                        escaped(systemd_value(described), "\"\\", "\\"), "\"", " ",
                        f.directory == "/" ? "-" : systemd_word(f.directory), "\n"});
}

#endif

} // namespace daemonkit::detail
