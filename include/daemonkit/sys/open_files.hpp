// SPDX-License-Identifier: BSL-1.0
// What other processes have open, as /proc/PID/fd tells those who may look: root, and for most processes their user.
#pragma once

#include "file.hpp"

#include <dirent.h>

#include <charconv>
#include <memory>
#include <string>

namespace daemonkit::sys {

/// Calls visit(number) for each entry of `directory` whose name is a number, until it returns true: whether it did.
/// false too if the directory cannot be read; errno is 0 if it could.
template <class Visit>
bool any_number_in(const std::string& directory, Visit visit)
{
    struct closer
    {
        void operator()(DIR* d) const noexcept { ::closedir(d); }
    };
    const std::unique_ptr<DIR, closer> entries(::opendir(directory.c_str()));
    if (!entries) return false;
    while (const dirent* entry = ::readdir(entries.get())) {
        const std::string_view name = entry->d_name;
        int number = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
        if (error == std::errc{} && end == name.data() + name.size() && visit(number)) return true;
    }
    errno = 0;
    return false;
}

/// One descriptor of another process.
struct open_file
{
    std::string link;        ///< below /proc: opening it opens the same file again, deleted or not
    file_status status = {}; ///< of the file itself
    bool for_writing = false;
};

/// Calls visit(const open_file&) for each descriptor of a process, until it returns true, as any_number_in() does.
template <class Visit>
bool any_open_file(pid_t pid, Visit visit)
{
    const std::string directory = "/proc/" + std::to_string(pid) + "/fd";
    return any_number_in(directory, [&](int fd) {
        open_file file{directory + "/" + std::to_string(fd)};
        file_status link = {};
        if (::lstat(file.link.c_str(), &link) == -1 || status_of(file.link.c_str(), file.status) == -1) return false;
        file.for_writing = (link.st_mode & S_IWUSR) != 0; // proc(5): the mode of the link is that of the descriptor
        return visit(file);
    });
}

} // namespace daemonkit::sys
