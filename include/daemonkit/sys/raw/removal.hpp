// SPDX-License-Identifier: BSL-1.0
// Removing a file, and the directories that were made for it, by raw calls only (call.hpp). For a launcher that handed
// its memory over to a daemon which then died.
#pragma once

#include "../../text/short_text.hpp"
#include "call.hpp"

#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <string_view>

namespace daemonkit::sys {

/// A file to remove.
struct raw_removal
{
    int file = -1; ///< descriptor of the file; -1: there is nothing to remove
    short_text<PATH_MAX> path{};
    unsigned long directories = 0; ///< how many directories above the file to remove
    const char* suffix = nullptr;  ///< of the path of a second file, of at most 31 bytes; null: there is none

    /// Removes the file, then the directories. Does nothing if another process has locked the file, or if the path
    /// names another file by now.
    void operator()() const noexcept
    {
        if (file == -1 || raw::call(SYS_flock, file, LOCK_EX | LOCK_NB) != 0) return;
        short_text<PATH_MAX + 32> name{path};
        if (!same_file(name.c_str())) return;
        raw::call(SYS_unlinkat, AT_FDCWD, raw::address(name.c_str()), 0);
        if (suffix != nullptr) {
            name += suffix;
            raw::call(SYS_unlinkat, AT_FDCWD, raw::address(name.c_str()), 0);
        }
        for (unsigned long i = 0; i < directories; ++i) {
            name.cut(std::string_view(name).rfind('/'));
            raw::call(SYS_unlinkat, AT_FDCWD, raw::address(name.c_str()), AT_REMOVEDIR);
        }
    }

private:
    [[nodiscard]] bool same_file(const char* name) const noexcept
    {
        struct stat by_path = {};
        struct stat by_file = {};
        return status_of(AT_FDCWD, name, AT_SYMLINK_NOFOLLOW, by_path) && status_of(file, "", AT_EMPTY_PATH, by_file) &&
               by_path.st_ino == by_file.st_ino && by_path.st_dev == by_file.st_dev;
    }

    static bool status_of(int at, const char* name, int flags, struct stat& into) noexcept
    {
#ifdef SYS_newfstatat
        return raw::call(SYS_newfstatat, at, raw::address(name), raw::address(&into), flags) == 0;
#else // no handover on these processors
        return ::fstatat(at, name, &into, flags) == 0;
#endif
    }
};

} // namespace daemonkit::sys
