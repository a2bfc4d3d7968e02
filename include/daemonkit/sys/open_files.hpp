// SPDX-License-Identifier: BSL-1.0
// Files that other processes have open, from /proc/PID/fd. Root may read it, and for most processes their user.
#pragma once

#include "../text/function_ref.hpp"
#include "../text/joined.hpp"
#include "file.hpp"

#include <dirent.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace daemonkit::sys {

/// Calls visit(number) for each entry of `directory` with a number as its name, until a call returns true. Returns
/// whether one did. Returns false and errno if the directory cannot be read; errno is 0 if no call returned true.
inline bool any_number_in(const char* directory, function_ref<bool(int)> visit)
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
    while (const dirent* entry = ::readdir(all.entries)) {
        char* end = nullptr;
        const long number = std::strtol(entry->d_name, &end, 10);
        if (end != entry->d_name && *end == '\0' && visit(static_cast<int>(number))) return true;
    }
    errno = 0;
    return false;
}

/// Calls visit(status) for the file of each descriptor of a process, until a call returns true. Returns like
/// any_number_in().
[[gnu::cold]] inline bool any_open_file(pid_t pid, function_ref<bool(const file_status&)> visit)
{
    return any_number_in(joined({"/proc/", pid, "/fd"}).c_str(), [&](int fd) {
        file_status status = {};
        return status_of(joined({"/proc/", pid, "/fd/", fd}).c_str(), status) == 0 && visit(status);
    });
}

/// The pids of all other processes that have a file open, as "1234, 1235"; empty if there are none, or /proc hides
/// them.
[[gnu::cold]] inline std::string who_has_open(const file_status& file)
{
    std::string who;
    any_number_in("/proc", [&](pid_t pid) {
        if (pid != ::getpid() && any_open_file(pid, [&](const file_status& other) { return same_file(file, other); }))
            who += joined({who.empty() ? "" : ", ", pid});
        return false;
    });
    return who;
}

/// The pid of the process that locked the file of `fd` with flock(2), from /proc/locks, proc(5). That process may be
/// gone: a child can have inherited the lock. 0 if the file is not locked, or /proc/locks does not show the process.
[[gnu::cold]] inline pid_t lock_owner(int fd)
{
    file_status status = {};
    std::string text;
    if (status_of(fd, status) == -1 || read_file("/proc/locks", text, 4'000'000) == -1) return 0;
    // "1: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF"
    char file[64];
    std::snprintf(file, sizeof file, " %02x:%02x:%llu ", major(status.st_dev), minor(status.st_dev),
                  static_cast<unsigned long long>(status.st_ino));
    for (std::size_t at = 0; (at = text.find(file, at)) != std::string::npos; ++at) {
        const auto line = text.rfind('\n', at) + 1;
        if (text.find(" FLOCK ", line) < at) return std::atoi(text.c_str() + text.rfind(' ', at - 1));
    }
    return 0;
}

} // namespace daemonkit::sys
