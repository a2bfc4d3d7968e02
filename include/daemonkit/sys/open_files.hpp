// SPDX-License-Identifier: BSL-1.0
// Files that other processes have open, from /proc/PID/fd. Root may read it, and for most processes their user.
#pragma once

#include "../compiled.hpp"
#include "../text/function_ref.hpp"
#include "../text/joined.hpp"
#include "deadline.hpp"
#include "file.hpp"

#include <dirent.h>

#include <cstdlib>
#include <string>

namespace daemonkit::sys {

/// Calls visit(number) for each entry of `directory` with a number as its name, until a call returns true. Returns
/// whether one did. Returns false and errno if the directory cannot be read; errno is 0 if no call returned true.
DAEMONKIT_INLINE bool any_number_in(const char* directory, function_ref<bool(int)> visit);

/// Calls visit(status) for the file of each descriptor of a process, until a call returns true. Returns like
/// any_number_in().
[[gnu::cold]] DAEMONKIT_INLINE bool any_open_file(pid_t pid, function_ref<bool(const file_status&)> visit);

/// Whether a process has this file open for writing. Returns like any_number_in().
[[gnu::cold]] DAEMONKIT_INLINE bool has_open_for_writing(pid_t pid, const file_status& file);

/// The pids of all other processes that have a file open, as "1234, 1235"; empty if there are none, or /proc hides
/// them. Looks for a second at most.
[[gnu::cold]] DAEMONKIT_INLINE std::string who_has_open(const file_status& file);

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE bool any_number_in(const char* directory, function_ref<bool(int)> visit)
{
    struct stream
    {
        explicit stream(const char* path) noexcept : entries(::opendir(path)) {}
        stream(const stream&) = delete;
        stream& operator=(const stream&) = delete;
        ~stream()
        {
            if (entries != nullptr) ::closedir(entries);
        }
        DIR* entries;
    };
    const stream all(directory);
    if (all.entries == nullptr) return false;
    for (;;) {
        errno = 0; // readdir(3) fails and ends alike
        const dirent* const entry = ::readdir(all.entries);
        if (entry == nullptr) return false;
        char* end = nullptr;
        const long number = std::strtol(entry->d_name, &end, 10);
        if (end != entry->d_name && *end == '\0' && visit(static_cast<int>(number))) return true;
    }
}

DAEMONKIT_INLINE bool any_open_file(pid_t pid, function_ref<bool(const file_status&)> visit)
{
    return any_number_in(joined({"/proc/", pid, "/fd"}).c_str(), [&](int fd) {
        file_status status = {};
        return status_of(joined({"/proc/", pid, "/fd/", fd}).c_str(), status) == 0 && visit(status);
    });
}

DAEMONKIT_INLINE bool has_open_for_writing(pid_t pid, const file_status& file)
{
    return any_number_in(joined({"/proc/", pid, "/fd"}).c_str(), [&](int fd) {
        const auto name = joined({"/proc/", pid, "/fd/", fd});
        file_status status = {};
        // The permissions of the link are those of the descriptor, proc(5).
        return status_of(name.c_str(), status) == 0 && same_file(status, file) &&
               link_status_of(name.c_str(), status) == 0 && (status.st_mode & S_IWUSR) != 0;
    });
}

DAEMONKIT_INLINE std::string who_has_open(const file_status& file)
{
    std::string who;
    const deadline until(std::chrono::seconds(1));
    any_number_in("/proc", [&](pid_t pid) {
        const auto is_it = [&](const file_status& other) { return same_file(file, other) || until.passed(); };
        if (pid != ::getpid() && any_open_file(pid, is_it) && !until.passed())
            who += joined({who.empty() ? "" : ", ", pid});
        return until.passed();
    });
    return who;
}

#endif

} // namespace daemonkit::sys
