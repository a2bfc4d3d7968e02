// SPDX-License-Identifier: BSL-1.0
// doctor: the pid file, the logs, the working directory, the rule of logrotate and the init script.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../compiled.hpp"
#include "../sys/host.hpp"
#include "../sys/trust.hpp"
#include "facts.hpp"
#include "findings.hpp"
#include "host_files.hpp"
#include "input_output.hpp"
#include "look_at_host.hpp"
#include "places.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace daemonkit::detail {

/// The directory of a file: it exists or can be made, is trusted, and its user may write there.
[[gnu::cold]] DAEMONKIT_INLINE void look_at_place(const artefact_facts& f, const char* about, const std::string& file,
                                                  const sys::credentials& user, findings& all);

/// The file itself: no other user may write to it.
[[gnu::cold]] DAEMONKIT_INLINE void look_at_file(const char* about, const std::string& file,
                                                 const sys::credentials& user, findings& all);

[[gnu::cold]] DAEMONKIT_INLINE void look_at_pid_file(const artefact_facts& f, findings& all);

/// Other processes that write to the log, beside the daemon and its children.
[[gnu::cold]] DAEMONKIT_INLINE void look_at_logs(const artefact_facts& f, pid_t daemon, findings& all);

[[gnu::cold]] DAEMONKIT_INLINE void look_at_directory(const artefact_facts& f, findings& all);

/// Where a configuration of logrotate names the file; npos: nowhere.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::size_t rule_of_logrotate(const std::string& text,
                                                                        const std::string& file);

/// "FILE:LINE: ", the line in which `at` is.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string place_in(const std::string& file, std::string_view text,
                                                               std::size_t at);

/// What prints a rule; empty if there is none for this daemon.
[[nodiscard, gnu::cold]] inline std::string command_for_logrotate(const artefact_facts& f)
try {
    (void)logrotate_rule(f);
    return shell_command(f, "print logrotate");
} catch (const startup_error&) {
    return {};
}

/// A rule that renames the log must make the daemon open a new one. copytruncate does not rename it.
[[gnu::cold]] DAEMONKIT_INLINE void look_at_logrotate(const artefact_facts& f, findings& all);

/// The pid file that an init script names, for systemd or for start-stop-daemon(8).
[[gnu::cold]] DAEMONKIT_INLINE void look_at_init_script(const artefact_facts& f, findings& all);

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE void look_at_place(const artefact_facts& f, const char* about, const std::string& file,
                                    const sys::credentials& user, findings& all)
{
    const auto directory = directory_of(file);
    if (const auto found = sys::untrusted_path(directory, user.uid))
        all.add(severity::error, about, sys::joined({found.path, ", on the way to ", file, ", is not safe"}),
                found.reason);
    std::string present = directory;
    sys::file_status status = {};
    while (sys::status_of(present.c_str(), status) == -1 && present.size() > 1) present = directory_of(present);
    sys::file_system system;
    if (sys::file_system_of(present.c_str(), system) == 0 && system.read_only)
        all.add(severity::error, about, sys::joined({present, " is on a file system that is read-only"}),
                "mount it writable, or choose another directory");
    if (may_write(status, user)) return;
    const auto owner = f.user.empty() ? sys::joined({user.uid}) : shell_word(f.user);
    all.add(severity::error, about,
            sys::joined(
                {sys::described_user(user.uid), " may not ", present == directory ? "write to " : "make ", directory}),
            is_shared_directory(directory)
                ? "choose a directory that belongs to this user alone"
                : sys::joined({"print tmpfiles says how to make it at each boot; now: install --directory --owner=",
                               owner, " ", shell_word(directory)}));
}

DAEMONKIT_INLINE void look_at_file(const char* about, const std::string& file, const sys::credentials& user,
                                   findings& all)
{
    sys::file_status status = {};
    if (sys::link_status_of(file.c_str(), status) == -1) return;
    if (!S_ISREG(status.st_mode) || status.st_nlink > 1)
        all.add(severity::error, about,
                sys::joined({file, S_ISLNK(status.st_mode)    ? " is a symbolic link"
                                   : !S_ISREG(status.st_mode) ? " is not a regular file"
                                                              : " has other names (hard links)"}),
                "remove it; start makes a new one");
    else if (const auto found = sys::untrusted_file(file.c_str(), status, user.uid))
        all.add(severity::error, about, sys::joined({file, " is not safe"}), found.reason);
}

DAEMONKIT_INLINE void look_at_pid_file(const artefact_facts& f, findings& all)
{
    sys::credentials user;
    if (f.pid_file.empty() || !starting_user(f, user)) return;
    look_at_place(f, "pid file", f.pid_file, user, all);
    look_at_file("pid file", f.pid_file, user, all);
    auto directory = directory_of(f.pid_file);
    sys::file_system system;
    while (sys::file_system_of(directory.c_str(), system) == -1 && directory.size() > 1)
        directory = directory_of(directory);
    if (*system.network != '\0')
        all.add(severity::warning, "pid file",
                sys::joined({directory, " is on a network file system (", system.network,
                             "): its locks depend on a server, and other hosts see the pid"}),
                "put the pid file into /run");
    else if (!system.in_memory)
        all.add(severity::note, "pid file",
                sys::joined({directory, " is not a tmpfs: the pid file is left by a power cut"}),
                "start recognises a pid file of an earlier boot");
}

DAEMONKIT_INLINE void look_at_logs(const artefact_facts& f, pid_t daemon, findings& all)
{
    sys::credentials user;
    if (!starting_user(f, user)) return;
    for (const auto* file : {&f.output, &f.error}) {
        if (file->empty() || (file == &f.error && f.error == f.output)) continue;
        look_at_place(f, "log", *file, user, all);
        sys::credentials worker;
        if (find_worker(f, worker)) look_at_file("log", *file, worker, all);
        sys::file_status status = {};
        if (sys::status_of(file->c_str(), status) == -1) continue;
        bool hidden = false;
        for (const pid_t pid : sys::writers_of(status, hidden))
            if (pid != daemon && !descends_from(pid, daemon))
                all.add(severity::warning, "log",
                        sys::joined({*file, " is also written by ", sys::process_name(pid), " (pid ", pid, ")"}),
                        "give each program a log of its own");
        if (hidden)
            all.add(severity::note, "log", sys::joined({"it is not known which processes write to ", *file}),
                    "call doctor as root");
    }
}

DAEMONKIT_INLINE void look_at_directory(const artefact_facts& f, findings& all)
{
    if (!f.chroot.empty()) return;
    sys::file_status status = {};
    if (sys::status_of(f.directory.c_str(), status) == -1 || !S_ISDIR(status.st_mode))
        all.add(severity::error, "directory", sys::joined({"the working directory ", f.directory, " does not exist"}),
                sys::joined({"install --directory", f.worker().empty() ? "" : " --owner=",
                             f.worker().empty() ? "" : shell_word(f.worker()), " ", shell_word(f.directory)}));
}

DAEMONKIT_INLINE std::size_t rule_of_logrotate(const std::string& text, const std::string& file)
{
    for (std::size_t at = 0; (at = text.find('/', at)) != text.npos;) {
        const bool quoted = at > 0 && text[at - 1] == '"';
        const auto end = text.find_first_of(quoted ? "\"" : " \t\n{\"", at);
        if (sys::matches(text.substr(at, end - at), file)) return at;
        at = end == text.npos ? text.size() : end + 1;
    }
    return text.npos;
}

DAEMONKIT_INLINE std::string place_in(const std::string& file, std::string_view text, std::size_t at)
{
    const auto before = text.substr(0, at);
    return sys::joined({file, ":", 1 + std::count(before.begin(), before.end(), '\n'), ": "});
}

DAEMONKIT_INLINE void look_at_logrotate(const artefact_facts& f, findings& all)
{
    if (!f.has_log()) return;
    std::vector<std::string> files{"/etc/logrotate.conf"};
    for (const auto& name : sys::names_in("/etc/logrotate.d")) files.push_back("/etc/logrotate.d/" + name);
    const auto command = command_for_logrotate(f);
    for (const auto& file : files) {
        std::string text;
        if (!read_regular(file, text)) continue;
        const auto at = rule_of_logrotate(text, f.output);
        if (at == text.npos) continue;
        const auto rule = std::string_view(text).substr(at, text.find("\n}", at) - at);
        const auto has = [&](const char* word) { return rule.find(word) != rule.npos; };
        if (!has("copytruncate") && !has("reload") && !has("restart") && !has("HUP") && !has("-1"))
            all.add(severity::warning, "logrotate",
                    sys::joined({place_in(file, text, at), "the rule for ", f.output,
                                 " does not reload the daemon, which goes on writing to the old file"}),
                    command.empty() ? "add copytruncate to the rule"
                                    : "replace the rule by what this command prints: " + command);
        return;
    }
    all.add(severity::warning, "logrotate",
            sys::joined({"no rule of logrotate names ", f.output, ", which grows without limit"}),
            command.empty() ? "write a rule with copytruncate"
                            : sys::joined({command, " >", shell_word("/etc/logrotate.d/" + f.name)}));
}

DAEMONKIT_INLINE void look_at_init_script(const artefact_facts& f, findings& all)
{
    const auto file = "/etc/init.d/" + f.name;
    std::string text;
    if (f.pid_file.empty() || !read_regular(file, text)) return;
    for (const std::string_view key : {"\n# pidfile: ", "\npidfile="}) {
        const auto at = text.find(key);
        if (at == text.npos) continue;
        auto path = text.substr(at + key.size(), text.find('\n', at + 1) - at - key.size());
        std::erase(path, '"');
        if (path.starts_with('/') && path.find('$') == path.npos && sys::real_path(path) != sys::real_path(f.pid_file))
            all.add(severity::error, "init script",
                    sys::joined({place_in(file, text, at + 1), "the script names the pid file ", path,
                                 ", but the daemon records its pid in ", f.pid_file}),
                    "correct the path");
    }
}

#endif

} // namespace daemonkit::detail
