// SPDX-License-Identifier: BSL-1.0
// doctor: whether a unit lets the daemon write its pid file and its logs.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../compiled.hpp"
#include "places.hpp"
#include "unit_view.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace daemonkit::detail {

/// What a unit does with the files below a path.
struct unit_path
{
    std::string path;
    /// Below an inaccessible path nothing is accessible; a hidden one is an empty directory.
    enum kind { inaccessible, hidden, read_only, writable } access;
    const unit_line* line;
};

[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::vector<unit_path> paths_of(const unit_view& v);

/// The rule for a file: one that makes it inaccessible, otherwise that of the longest path; of two for one path the stricter one.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE const unit_path* rule_for(const std::vector<unit_path>& all,
                                                                    const std::string& file);

/// A directory of the daemon that the unit hides, or makes read-only.
[[gnu::cold]] DAEMONKIT_INLINE void check_directory(const unit_view& v, const unit_path& rule,
                                                    const std::string& directory, std::string_view what);

[[gnu::cold]] DAEMONKIT_INLINE void check_paths(const unit_view& v);

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE std::vector<unit_path> paths_of(const unit_view& v)
{
    using enum unit_path::kind;
    std::vector<unit_path> all;
    const auto add = [&](const unit_line* line, unit_path::kind access, std::string_view paths,
                         const char* below = "") {
        for (std::string path : unit_words(paths)) {
            path.erase(0, std::min(path.find_first_not_of("-+"), path.size()));
            path.erase(std::min(path.find(':'), path.size())); // a link, or options
            all.push_back({below + v.unit.expanded(path), access, line});
        }
    };
    const auto* const dynamic = v.has_dynamic_user() ? v.unit.last({"DynamicUser"}) : nullptr;
    const auto* const system = v.unit.last({"ProtectSystem"});
    const auto* const home = v.unit.last({"ProtectHome"});
    const std::string how = dynamic != nullptr ? "strict" : v.value("ProtectSystem");
    const bool is_protected = unit_truth(how).value_or(how == "full");
    if (how == "strict") {
        add(dynamic != nullptr ? dynamic : system, read_only, "/");
        add(system, writable, "/dev /proc /sys");
    } else if (is_protected)
        add(system, read_only, how == "full" ? "/usr /boot /efi /etc" : "/usr /boot /efi");
    if (const auto hides = v.value("ProtectHome"); unit_truth(hides).value_or(hides == "tmpfs"))
        add(home, hides == "tmpfs" ? hidden : inaccessible, "/home /root /run/user");
    else if (hides == "read-only" || dynamic != nullptr)
        add(hides == "read-only" ? home : dynamic, read_only, "/home /root /run/user");
    const auto* const temporary = v.unit.last({"PrivateTmp"});
    if (temporary != nullptr && unit_truth(temporary->value).value_or(true))
        add(temporary, hidden, "/tmp /var/tmp");
    else if (dynamic != nullptr)
        add(dynamic, hidden, "/tmp /var/tmp");
    static constexpr struct
    {
        const char* key;
        unit_path::kind access;
        const char* below;
    } lists[] = {{"ReadWritePaths", writable, ""},         {"ReadOnlyPaths", read_only, ""},
                 {"InaccessiblePaths", inaccessible, ""},  {"TemporaryFileSystem", hidden, ""},
                 {"RuntimeDirectory", writable, "/run/"},  {"StateDirectory", writable, "/var/lib/"},
                 {"LogsDirectory", writable, "/var/log/"}, {"CacheDirectory", writable, "/var/cache/"}};
    for (const auto& list : lists)
        for (const auto* const line : v.unit.all(list.key)) add(line, list.access, line->value, list.below);
    return all;
}

DAEMONKIT_INLINE const unit_path* rule_for(const std::vector<unit_path>& all, const std::string& file)
{
    const unit_path* found = nullptr;
    for (const auto& one : all) {
        if (one.path != "/" && !(file + "/").starts_with(one.path + "/")) continue;
        if (one.access == unit_path::inaccessible) return &one;
        if (found == nullptr || one.path.size() > found->path.size() ||
            (one.path.size() == found->path.size() && one.access < found->access))
            found = &one;
    }
    return found;
}

DAEMONKIT_INLINE void check_directory(const unit_view& v, const unit_path& rule, const std::string& directory,
                                      std::string_view what)
{
    const bool hides = rule.access != unit_path::read_only;
    const auto text =
        sys::joined({hides ? "hides " : "makes ", directory, hides ? "" : " read-only", ", where ", what, " is"});
    if (rule.path != "/" || hides) return v.wrong(*rule.line, severity::error, "it " + text, "remove " + rule.path);
    const auto advice = "add ReadWritePaths=" + systemd_word(directory);
    for (const auto* const key :
         {"RuntimeDirectory", "StateDirectory", "LogsDirectory", "CacheDirectory", "ReadWritePaths"})
        if (const auto* const line = v.unit.last({key});
            line != nullptr && line->value.empty()) // what made it writable
            return v.wrong(key, severity::error, sys::joined({rule.line->key, "=", rule.line->value, " ", text}),
                           advice);
    v.wrong(*rule.line, severity::error, "it " + text, advice);
}

DAEMONKIT_INLINE void check_paths(const unit_view& v)
{
    const auto all = paths_of(v);
    const auto look = [&](const std::string& file, std::string_view what) {
        const auto* const rule = file.empty() ? nullptr : rule_for(all, file);
        if (rule != nullptr && rule->access != unit_path::writable) check_directory(v, *rule, directory_of(file), what);
    };
    look(v.f.pid_file, "the pid file");
    if (!v.forks()) return; // run leaves standard output and error to systemd
    look(v.f.output, "the log");
    look(v.f.error, "the log");
}

#endif

} // namespace daemonkit::detail
