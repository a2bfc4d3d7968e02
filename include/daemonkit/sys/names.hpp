// SPDX-License-Identifier: BSL-1.0
// The names in a directory.
#pragma once

#include "../compiled.hpp"

#include <dirent.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <vector>

namespace daemonkit::sys {

/// Stores the names in a directory, sorted, without "." and "..", readdir(3). Returns -1 and errno if it cannot be read.
DAEMONKIT_INLINE int names_in(const char* directory, std::vector<std::string>& into);

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE int names_in(const char* directory, std::vector<std::string>& into)
{
    const struct closed
    {
        DIR* names;
        ~closed()
        {
            if (names != nullptr) ::closedir(names);
        }
    } opened{::opendir(directory)};
    if (opened.names == nullptr) return -1;
    for (;;) {
        errno = 0;
        const dirent* const entry = ::readdir(opened.names); // NOLINT(concurrency-mt-unsafe): a stream of our own
        if (entry == nullptr) break;
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") into.emplace_back(name);
    }
    if (errno != 0) return -1;
    std::sort(into.begin(), into.end());
    return 0;
}

#endif

} // namespace daemonkit::sys
