// SPDX-License-Identifier: BSL-1.0
// What a host has: file systems, directories, the files that its processes have open. Reads only.
#pragma once

#include "../compiled.hpp"
#include "../text/function_ref.hpp"
#include "../text/joined.hpp"
#include "file.hpp"
#include "names.hpp"
#include "read_file.hpp"

#include <dirent.h>
#include <fnmatch.h>
#include <grp.h>
#include <limits.h>
#include <sys/auxv.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <vector>

namespace daemonkit::sys {

/// The target of a symbolic link; empty if it cannot be read.
[[nodiscard]] DAEMONKIT_INLINE std::string link_target(const char* path);

/// The path of the file that runs. Without /proc, that from which it was executed, getauxval(3).
[[nodiscard]] DAEMONKIT_INLINE std::string program_path();

/// The names in a directory, sorted, without those that begin with a dot; empty if it cannot be read.
[[nodiscard]] DAEMONKIT_INLINE std::vector<std::string> names_in(const char* path);

/// Whether a path matches a pattern, fnmatch(3).
[[nodiscard]] inline bool matches(const std::string& pattern, const std::string& path)
{
    return ::fnmatch(pattern.c_str(), path.c_str(), FNM_PATHNAME) == 0;
}

/// The name of a group, getgrgid(3); empty if there is none.
[[nodiscard]] DAEMONKIT_INLINE std::string group_name(gid_t number);

/// A file system, as far as a daemon's files depend on it.
struct file_system
{
    const char* network = ""; ///< its name, if other hosts can change its files
    bool in_memory = false;   ///< whether a reboot empties it
    bool read_only = false;   ///< whether it can be written
};

/// The file system of a path. Returns 0, or -1 and errno.
DAEMONKIT_INLINE int file_system_of(const char* path, file_system& into) noexcept;

/// The processes, by their entries of /proc.
[[nodiscard]] DAEMONKIT_INLINE std::vector<pid_t> processes();

/// The processes that have the file open for writing. `hidden`: some could not be inspected.
[[nodiscard]] DAEMONKIT_INLINE std::vector<pid_t> writers_of(const file_status& file, bool& hidden);

/// The name of a process; empty if there is none.
[[nodiscard]] inline std::string process_name(pid_t pid)
{
    std::string name;
    read_file(joined({"/proc/", pid, "/comm"}).c_str(), name, 64);
    if (name.ends_with('\n')) name.pop_back();
    return name;
}

/// The release of the kernel, uname(2): "6.1.0-17-amd64".
[[nodiscard]] inline std::string kernel_release()
{
    utsname found = {};
    return ::uname(&found) == 0 ? found.release : "";
}

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE std::string link_target(const char* path)
{
    char target[PATH_MAX];
    const auto length = ::readlink(path, target, sizeof target);
    return {target, length > 0 ? static_cast<std::size_t>(length) : 0};
}

DAEMONKIT_INLINE std::string program_path()
{
    auto path = link_target("/proc/self/exe");
    if (!path.empty()) return path;
    const auto executed = ::getauxval(AT_EXECFN);
    return real_path(reinterpret_cast<const char*>(executed)); // NOLINT: how getauxval(3) returns it
}

DAEMONKIT_INLINE std::vector<std::string> names_in(const char* path)
{
    std::vector<std::string> names;
    (void)names_in(path, names);
    std::erase_if(names, [](const std::string& name) { return name.front() == '.'; });
    return names;
}

DAEMONKIT_INLINE std::string group_name(gid_t number)
{
    const auto* const found = ::getgrgid(number); // NOLINT(concurrency-mt-unsafe): in a verb, which has one thread
    return found != nullptr ? found->gr_name : std::string();
}

DAEMONKIT_INLINE int file_system_of(const char* path, file_system& into) noexcept
{
    struct statfs found = {};
    if (::statfs(path, &found) == -1) return -1;
    struct
    {
        unsigned magic;
        const char* name;
    } static constexpr networks[] = {{0x6969, "NFS"},       {0xFF534D42, "CIFS"}, {0xFE534D42, "SMB"},
                                     {0x65735546, "FUSE"},  {0x01021997, "9p"},   {0x00C36400, "Ceph"},
                                     {0x5346414F, "AFS"},   {0x01161970, "GFS2"}, {0x7461636F, "OCFS2"},
                                     {0x0BD00BD0, "Lustre"}};
    const auto magic = static_cast<unsigned>(found.f_type);
    for (const auto& one : networks)
        if (one.magic == magic) into.network = one.name;
    into.in_memory = magic == 0x01021994 || magic == 0x858458F6; // tmpfs, ramfs
    into.read_only = (static_cast<unsigned long>(found.f_flags) & ST_RDONLY) != 0;
    return 0;
}

DAEMONKIT_INLINE std::vector<pid_t> processes()
{
    std::vector<pid_t> pids;
    for (const auto& name : names_in("/proc")) {
        pid_t pid = 0;
        for (const char c : name) pid = c >= '0' && c <= '9' && pid >= 0 ? pid * 10 + (c - '0') : -1;
        if (pid > 0) pids.push_back(pid);
    }
    return pids;
}

DAEMONKIT_INLINE std::vector<pid_t> writers_of(const file_status& file, bool& hidden)
{
    std::vector<pid_t> writers;
    for (const pid_t pid : processes()) {
        const auto directory = joined({"/proc/", pid, "/fd"});
        const auto descriptors = names_in(directory.c_str());
        if (descriptors.empty() && ::access(directory.c_str(), R_OK | X_OK) == -1 && errno != ENOENT) hidden = true;
        for (const auto& descriptor : descriptors) {
            file_status found = {};
            if (status_of(joined({directory, "/", descriptor}).c_str(), found) == -1 || !same_file(found, file))
                continue;
            std::string info;
            read_file(joined({"/proc/", pid, "/fdinfo/", descriptor}).c_str(), info, 4096);
            const auto flags = info.find("flags:\t");
            const auto mode =
                flags == info.npos ? '1' : info[info.find('\n', flags) - 1]; // octal, O_ACCMODE is the last
            if (mode % 4 == 0) continue;
            writers.push_back(pid);
            break;
        }
    }
    return writers;
}

#endif

} // namespace daemonkit::sys
