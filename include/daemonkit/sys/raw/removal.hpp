// SPDX-License-Identifier: BSL-1.0
// Removing a file, and the directories that were made for it, by raw calls only (call.hpp). For a launcher that handed
// its memory over to a daemon which then died.
#pragma once

#include "../../text/short_text.hpp"
#include "call.hpp"

#include <fcntl.h>
#include <limits.h>
#include <linux/stat.h>
#include <sys/file.h>

#include <string_view>

namespace daemonkit::sys {

/// A file to remove.
struct raw_removal
{
    int file = -1; ///< descriptor of the file; -1: there is nothing to remove
    short_text<PATH_MAX> path{};
    unsigned long directories = 0; ///< how many directories above the file to remove

    /// Removes the file, then the directories. Does nothing if another process has locked the file, or if the path
    /// names another file by now.
    void operator()() const noexcept
    {
        if (file == -1 || raw::call(SYS_flock, file, LOCK_EX | LOCK_NB) != 0) return;
        short_text<PATH_MAX + 1> name{path};
        if (!same_file(name.c_str())) return;
        raw::call(SYS_unlinkat, AT_FDCWD, raw::address(name.c_str()), 0);
        for (unsigned long i = 0; i < directories; ++i) {
            name.cut(std::string_view(name).rfind('/'));
            raw::call(SYS_unlinkat, AT_FDCWD, raw::address(name.c_str()), AT_REMOVEDIR);
        }
    }

private:
    [[nodiscard]] bool same_file(const char* name) const noexcept
    {
        struct statx by_path = {};
        struct statx by_file = {};
        constexpr long follow_nothing = AT_SYMLINK_NOFOLLOW;
        return raw::call(SYS_statx, AT_FDCWD, raw::address(name), follow_nothing, STATX_INO, raw::address(&by_path)) ==
                   0 &&
               raw::call(SYS_statx, file, raw::address(""), AT_EMPTY_PATH, STATX_INO, raw::address(&by_file)) == 0 &&
               by_path.stx_ino == by_file.stx_ino && by_path.stx_dev_major == by_file.stx_dev_major &&
               by_path.stx_dev_minor == by_file.stx_dev_minor;
    }
};

} // namespace daemonkit::sys
