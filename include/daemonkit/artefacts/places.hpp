// SPDX-License-Identifier: BSL-1.0
// The directories that a daemon writes to.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../compiled.hpp"
#include "facts.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace daemonkit::detail {

/// The directory of a file.
[[nodiscard, gnu::cold]] inline std::string directory_of(const std::string& file)
{
    return file.substr(0, std::max<std::size_t>(file.rfind('/'), 1));
}

/// Each directory once: those of the pid file and, with `logs`, of the logs, and the working directory. None is below another one.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::vector<std::string> written_directories(const artefact_facts& f,
                                                                                       bool logs = true);

/// Whether the directory is one of the system, which belongs to root.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE bool is_shared_directory(std::string_view directory);

/// Whether the pid file or a log is in this directory.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE bool writes_files_in(const artefact_facts& f, std::string_view directory);

/// Whether it writes below this directory.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE bool writes_below(const artefact_facts& f, std::string_view directory);

/// Whether the program or one of its directories is below a home directory, which ProtectHome= would hide.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE bool is_below_home(const artefact_facts& f);

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE std::vector<std::string> written_directories(const artefact_facts& f, bool logs)
{
    std::vector<std::string> all;
    if (!f.pid_file.empty()) all.push_back(directory_of(f.pid_file));
    for (const auto* file : {&f.output, &f.error})
        if (logs && !file->empty()) all.push_back(directory_of(*file));
    if (f.directory != "/" && f.called_in.empty() && f.chroot.empty()) all.push_back(f.directory);
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    const auto is_below_another = [&all](const std::string& one) {
        return std::any_of(all.begin(), all.end(), [&](const auto& other) { return one.starts_with(other + "/"); });
    };
    std::vector<std::string> outer;
    std::copy_if(all.begin(), all.end(), std::back_inserter(outer), [&](auto& one) { return !is_below_another(one); });
    return outer;
}

DAEMONKIT_INLINE bool is_shared_directory(std::string_view directory)
{
    static constexpr std::string_view shared[] = {"/",    "/run", "/var/run", "/var/log", "/var/lib",
                                                  "/tmp", "/var", "/etc",     "/var/tmp"};
    return std::find(std::begin(shared), std::end(shared), directory) != std::end(shared);
}

DAEMONKIT_INLINE bool writes_files_in(const artefact_facts& f, std::string_view directory)
{
    for (const auto* file : {&f.pid_file, &f.output, &f.error})
        if (!file->empty() && directory_of(*file) == directory) return true;
    return false;
}

DAEMONKIT_INLINE bool writes_below(const artefact_facts& f, std::string_view directory)
{
    const auto all = written_directories(f);
    return std::any_of(all.begin(), all.end(), [&](const auto& one) { return (one + "/").starts_with(directory); });
}

DAEMONKIT_INLINE bool is_below_home(const artefact_facts& f)
{
    auto all = written_directories(f);
    all.push_back(f.program);
    all.push_back(f.directory + "/");
    return std::any_of(all.begin(), all.end(), [](const std::string& one) {
        return one.starts_with("/home/") || one.starts_with("/root/") || one.starts_with("/run/user/");
    });
}

#endif

} // namespace daemonkit::detail
