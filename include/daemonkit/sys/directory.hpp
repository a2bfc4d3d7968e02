// SPDX-License-Identifier: BSL-1.0
// Directories that are made on the way to a file, and taken away again if nothing came of it.
#pragma once

#include "file.hpp"

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

namespace daemonkit::sys {

class made_directories
{
public:
    made_directories() noexcept = default;
    made_directories(made_directories&&) noexcept = default;
    made_directories& operator=(made_directories&& other) noexcept
    {
        std::swap(made_, other.made_);
        return *this;
    }
    /// Removes what is still empty, the deepest first.
    ~made_directories()
    {
        while (!made_.empty() && ::rmdir(made_.back().c_str()) == 0) made_.pop_back();
    }

    /// Makes `directory` and what is missing above it, with exactly `mode`, whatever the umask; -1
    /// and errno with the one that failed in failed(). An existing directory is left as it is. No symbolic link is
    /// followed below what exists, and none at all if `links` is false: others may own the way.
    int make(const std::string& directory, mode_t mode, bool links = true)
    {
        auto end = directory.size();
        const auto open_existing = [&] {
            const auto existing = end != 0 ? directory.substr(0, end) : directory.starts_with('/') ? "/" : ".";
            return links ? sys::open(existing.c_str(), O_PATH | O_DIRECTORY)
                         : open_directory_without_links(existing.c_str());
        };
        unique_fd at(open_existing());
        for (; !at && (errno == ENOENT || errno == ENOTDIR) && end != 0; at.reset(open_existing()))
            end = directory.find('/') < end ? directory.rfind('/', end - 1) : 0;
        while (at) {
            const auto begin = directory.find_first_not_of('/', end);
            if (begin == std::string::npos) return 0;
            end = std::min(directory.find('/', begin), directory.size());
            at = make_below(at.get(), directory.substr(begin, end - begin), directory.substr(0, end), mode);
        }
        failed_ = directory.substr(0, end);
        return -1;
    }

    [[nodiscard]] const std::string& failed() const noexcept { return failed_; }

    /// How many, each in the one before.
    [[nodiscard]] std::size_t count() const noexcept { return made_.size(); }

    /// They stay.
    void release() noexcept { made_.clear(); }

private:
    unique_fd make_below(int at, const std::string& name, const std::string& path, mode_t mode)
    {
        const bool made = ::mkdirat(at, name.c_str(), mode) == 0;
        if (!made && errno != EEXIST) return {};
        if (made) made_.push_back(path);
        unique_fd opened(
            retry([&] { return ::openat(at, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC); }));
        return opened && made && ::fchmod(opened.get(), mode) == -1 ? unique_fd() : std::move(opened);
    }

    std::vector<std::string> made_;
    std::string failed_;
};

} // namespace daemonkit::sys
