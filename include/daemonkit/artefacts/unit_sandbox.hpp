// SPDX-License-Identifier: BSL-1.0
// doctor: the user, the calls and the variables that a unit leaves to the daemon. One row a rule.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../compiled.hpp"
#include "../sys/credentials.hpp"
#include "unit_paths.hpp"
#include "unit_view.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace daemonkit::detail {

/// Whether two names, or a name and a number, are the same user.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE bool is_same_user(const std::string& one, const std::string& other);

[[gnu::cold]] DAEMONKIT_INLINE void check_user(const unit_view& v);

[[gnu::cold]] DAEMONKIT_INLINE void check_group(const unit_view& v);

/// The line of a list of allowed words, or of refused ones behind "~", that refuses something; null: it is allowed.
template <class IsIt>
[[nodiscard]] const unit_line* refusing_line(const unit_file& unit, std::string_view key, bool always, IsIt is_it)
{
    const unit_line* by = nullptr;
    bool first = true;
    for (const auto* const line : unit.all(key)) {
        std::string_view text = line->value;
        const bool refuses = text.starts_with('~');
        if (refuses) text.remove_prefix(1);
        if (first && !refuses && !always) by = line;
        first = false;
        for (const auto& word : unit_words(text))
            if (is_it(std::string_view(word).substr(0, word.find(':')))) by = refuses ? line : nullptr;
    }
    return by;
}

/// The calls that a daemon makes, by the sets of systemd.exec(5) that have them beside @system-service and @known.
[[gnu::cold]] DAEMONKIT_INLINE void check_calls(const unit_view& v);

[[gnu::cold]] DAEMONKIT_INLINE void check_variables(const unit_view& v);

inline constexpr unit_rule sandbox_rules[] = {
    {"User", nullptr, check_user},
    {"Group", nullptr, check_group},
    {"DynamicUser", reads_truth, nullptr},
    {"PrivateTmp", [](const std::string& t) { return unit_truth(t) || t == "disconnected"; }, nullptr},
    {"ProtectSystem", [](const std::string& t) { return unit_truth(t) || has_word("full strict", t); }, nullptr},
    {"ProtectHome", [](const std::string& t) { return unit_truth(t) || has_word("read-only tmpfs", t); }, nullptr},
    {"ReadWritePaths ReadOnlyPaths InaccessiblePaths TemporaryFileSystem RuntimeDirectory StateDirectory LogsDirectory "
     "CacheDirectory",
     nullptr, check_paths},
    {"SystemCallFilter SystemCallErrorNumber RestrictAddressFamilies", nullptr, check_calls},
    {"CapabilityBoundingSet", nullptr,
     [](const unit_view& v) {
         const auto* const line = v.unit.last({"CapabilityBoundingSet"});
         if (v.f.becomes.empty() || line == nullptr) return;
         for (const auto* const name : {"CAP_SETUID", "CAP_SETGID"}) {
             const auto* const by =
                 v.unit.all(line->key).empty()
                     ? line
                     : refusing_line(v.unit, line->key, false, [&](auto word) { return word == name; });
             if (by != nullptr)
                 v.wrong(*by, severity::error,
                         sys::joined({"the daemon changes to ", v.f.becomes, ", which needs ", name}),
                         sys::joined({"add CapabilityBoundingSet=", name}));
         }
     }},
    {"ProcSubset", [](const std::string& t) { return has_word("all pid", t); },
     [](const unit_view& v) {
         if (v.value("ProcSubset") == "pid" && v.f.records_pid)
             v.wrong("ProcSubset", severity::error, "it hides /proc/sys/kernel/random/boot_id from the pid file",
                     "remove the line");
     }},
    {"Environment UnsetEnvironment", nullptr, check_variables},
};

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE bool is_same_user(const std::string& one, const std::string& other)
{
    sys::credentials a;
    sys::credentials b;
    const auto find = [](const std::string& name, sys::credentials& into) {
        const auto number = sys::number_in(name);
        if (number >= 0) into.uid = static_cast<uid_t>(number);
        return number >= 0 || sys::find_user(name, into);
    };
    return one == other || (find(one, a) && find(other, b) && a.uid == b.uid);
}

DAEMONKIT_INLINE void check_user(const unit_view& v)
{
    auto user = v.unit.expanded(v.value("User"));
    if (!v.f.becomes.empty()) {
        const auto* const key = v.has_dynamic_user() ? "DynamicUser" : "User";
        if (v.has_dynamic_user() || (!user.empty() && !is_same_user(user, "root")))
            v.wrong(key, severity::error,
                    sys::joined({"the daemon starts as root, and changes to ", v.f.becomes, " by itself"}),
                    "remove the line");
        return;
    }
    if (user.empty()) user = v.has_dynamic_user() ? v.unit.expanded("%p") : "root";
    if (v.f.user.empty() || is_same_user(user, v.f.user)) return;
    v.wrong("User", severity::warning, "the program is made for " + v.f.user,
            sys::joined({"set User=", systemd_value(v.f.user)}));
}

DAEMONKIT_INLINE void check_group(const unit_view& v)
{
    auto group = v.unit.expanded(v.value("Group"));
    if (group.empty()) group = v.f.primary_group;
    const auto& wanted = v.f.worker_group();
    gid_t a = 0;
    gid_t b = 0;
    if (!v.f.becomes.empty() || v.f.user.empty() || group.empty() || group == wanted) return;
    if (sys::find_group(wanted, b) &&
        (sys::number_in(group) == static_cast<long long>(b) || (sys::find_group(group, a) && a == b)))
        return;
    v.wrong("Group", severity::warning, sys::joined({"the program is made for the group ", wanted}),
            sys::joined({"set Group=", systemd_value(wanted)}));
}

DAEMONKIT_INLINE void check_calls(const unit_view& v)
{
    const auto& f = v.f;
    const struct
    {
        const char* sets;
        const char* calls;
        bool needed = true;
    } groups[] = {
        {"@basic-io @system-service", "close close_range dup2 pread64 read write"},
        {"@file-system @system-service", "fcntl fstatfs getdents64 newfstatat openat statx"},
        {"@io-event @system-service", "ppoll"},
        {"@ipc @system-service", "pipe2"},
        {"@network-io @system-service", "bind connect recvmsg sendto sendmsg setsockopt socket"},
        {"@process @system-service", "pidfd_open prctl wait4"},
        {"@signal @system-service", "rt_sigaction rt_sigprocmask"},
        {"@signal @system-service", "signalfd4", f.reads_signals || v.forks()},
        {"@system-service", "flock", f.records_pid},
        {"@system-service", "setsid", v.forks()},
        {"@default", "prlimit64", !f.limits.empty()},
        {"@resources @system-service", "ioprio_set sched_setscheduler setpriority",
         f.real_time || !f.attributes.empty()},
        {"@setuid @privileged @system-service", "setgroups setresgid setresuid", !f.becomes.empty()},
        {"@mount @privileged", "chroot", !f.chroot.empty()},
    };
    const bool fails_only = !v.value("SystemCallErrorNumber").empty();
    std::vector<std::pair<const unit_line*, std::string>> refused;
    for (const auto& group : groups) {
        for (const auto& call : unit_words(group.needed ? group.calls : "")) {
            if (fails_only && has_word("close_range fstatfs statx", call)) continue; // the library does without them
            const auto* const line =
                refusing_line(v.unit, "SystemCallFilter", has_word(group.sets, "@default"), [&](std::string_view word) {
                    return word == call || word == "@known" || has_word(group.sets, word);
                });
            if (line == nullptr) continue;
            const auto same =
                std::find_if(refused.begin(), refused.end(), [&](auto& one) { return one.first == line; });
            if (same == refused.end())
                refused.emplace_back(line, call);
            else
                same->second += " " + call;
        }
    }
    for (const auto& [line, calls] : refused)
        v.wrong(*line, severity::error, sys::joined({"it refuses what the daemon calls: ", calls}),
                sys::joined({"add SystemCallFilter=", line->value.starts_with('~') ? calls : "@system-service"}));
    const auto* const family =
        refusing_line(v.unit, "RestrictAddressFamilies", false, [](auto word) { return word == "AF_UNIX"; });
    if (family != nullptr)
        v.wrong(*family, severity::error, "the daemon needs sockets of AF_UNIX", "add RestrictAddressFamilies=AF_UNIX");
}

DAEMONKIT_INLINE void check_variables(const unit_view& v)
{
    if (!v.f.notifies && !v.f.takes_sockets) return;
    for (const auto* const key : {"Environment", "UnsetEnvironment"})
        for (const auto* const line : v.unit.all(key))
            for (const auto& word : unit_words(line->value))
                if (has_word("NOTIFY_SOCKET WATCHDOG_USEC WATCHDOG_PID LISTEN_PID LISTEN_FDS LISTEN_FDNAMES",
                             word.substr(0, word.find('='))))
                    v.wrong(*line, severity::error,
                            "systemd passes this variable to the daemon, and the line replaces it",
                            "remove the variable");
}

#endif

} // namespace daemonkit::detail
