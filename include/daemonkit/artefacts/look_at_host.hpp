// SPDX-License-Identifier: BSL-1.0
// doctor: users, the kernel, /proc, and sandboxes.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../compiled.hpp"
#include "../sys/account_name.hpp"
#include "../sys/credentials.hpp"
#include "../sys/file.hpp"
#include "../sys/host.hpp"
#include "../sys/probe.hpp"
#include "facts.hpp"
#include "fill.hpp"
#include "findings.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>

namespace daemonkit::detail {

/// The user of this name; root without a name. false: there is none.
[[nodiscard, gnu::cold]] inline bool find_account(const std::string& name, sys::credentials& into)
{
    into = {};
    return name.empty() || sys::find_user(name, into);
}
/// The user that the program is started as. Without one in the notes and not as root: the caller.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE bool starting_user(const artefact_facts& f, sys::credentials& into);
/// The user that the daemon works as.
[[nodiscard, gnu::cold]] inline bool find_worker(const artefact_facts& f, sys::credentials& into)
{
    return f.becomes.empty() ? starting_user(f, into) : find_account(f.becomes, into);
}

/// Whether the mode of a file lets the user write to it.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE bool may_write(const sys::file_status& status, const sys::credentials& user);

/// Whether one of the parents of a process is `ancestor`.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE bool descends_from(pid_t pid, pid_t ancestor);

[[gnu::cold]] DAEMONKIT_INLINE void look_at_accounts(const artefact_facts& f, findings& all);

/// Whether /proc hides the processes of other users.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE bool proc_is_hidden();

[[gnu::cold]] DAEMONKIT_INLINE void look_at_kernel(const artefact_facts& f, findings& all);

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE bool starting_user(const artefact_facts& f, sys::credentials& into)
{
    if (!find_account(f.user, into)) return false;
    if (f.user.empty() && sys::effective_user() != 0) into = {sys::effective_user(), sys::effective_group(), {}};
    return true;
}

DAEMONKIT_INLINE bool may_write(const sys::file_status& status, const sys::credentials& user)
{
    if (user.uid == 0) return true;
    if (status.st_uid == user.uid) return (status.st_mode & S_IWUSR) != 0;
    const bool in_group = status.st_gid == user.gid ||
                          std::find(user.groups.begin(), user.groups.end(), status.st_gid) != user.groups.end();
    return (status.st_mode & (in_group ? S_IWGRP : S_IWOTH)) != 0;
}

DAEMONKIT_INLINE bool descends_from(pid_t pid, pid_t ancestor)
{
    for (int steps = 0; ancestor != 0 && pid > 1 && steps < 64; ++steps) {
        if (pid == ancestor) return true;
        std::string text;
        if (sys::read_file(sys::joined({"/proc/", pid, "/status"}).c_str(), text, 4096) == -1) return false;
        const auto at = text.find("\nPPid:\t");
        pid = at == text.npos ? 0 : static_cast<pid_t>(std::strtol(text.c_str() + at + 7, nullptr, 10));
    }
    return false;
}

DAEMONKIT_INLINE void look_at_accounts(const artefact_facts& f, findings& all)
{
    sys::credentials found;
    if (!find_account(f.worker(), found))
        all.add(severity::error, "user", sys::joined({"the user ", f.worker(), " does not exist"}),
                shell_command(f, "print sysusers") + " | systemd-sysusers -");
    if (!f.group.empty() && !sys::find_group(f.group, found.gid))
        all.add(severity::error, "group", sys::joined({"the group ", f.group, " does not exist"}),
                sys::joined({"groupadd --system ", shell_word(f.group)}));
}

DAEMONKIT_INLINE bool proc_is_hidden()
{
    std::string mounts;
    sys::read_file("/proc/self/mountinfo", mounts, 1 << 20);
    bool hidden = false;
    for (std::string_view rest = mounts; !rest.empty();) {
        const auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        if (line.find(" /proc ") == line.npos || line.find(" - proc ") == line.npos) continue;
        hidden = line.find("hidepid=") != line.npos && line.find("hidepid=0") == line.npos &&
                 line.find("hidepid=off") == line.npos; // the last mount counts
    }
    return hidden;
}

DAEMONKIT_INLINE void look_at_kernel(const artefact_facts& f, findings& all)
{
    const auto release = sys::kernel_release();
    char* rest = nullptr;
    const long major = std::strtol(release.c_str(), &rest, 10);
    const long minor = *rest == '.' ? std::strtol(rest + 1, nullptr, 10) : 0;
    if (major < 5 || (major == 5 && minor < 10))
        all.add(severity::error, "kernel", sys::joined({"this is Linux ", release, "; daemonkit needs 5.10"}),
                "install a newer kernel");
    for (const auto& call : sys::refused_calls())
        all.add(severity::error, "sandbox", sys::joined({"the system call ", call, " is refused here"}),
                "allow it in the seccomp profile of the container or service manager");
    if (f.records_pid && !sys::is_there("/proc/sys/kernel/random/boot_id"))
        all.add(severity::error, "proc", "/proc/sys/kernel/random/boot_id does not exist, and the pid file needs it",
                "mount /proc, and remove ProcSubset=pid from the unit");
    else if (f.records_pid && proc_is_hidden())
        all.add(severity::warning, "proc", "/proc hides the processes of other users (hidepid)",
                "call status and stop as root or as the user of the daemon");
    all.add(severity::note, "versions", sys::joined({f.name, " ", f.version, ", Linux ", release}), "");
}

#endif

} // namespace daemonkit::detail
