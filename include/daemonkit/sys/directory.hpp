// SPDX-License-Identifier: BSL-1.0
// Directories that are made on the way to a file, and taken away again if nothing came of it.
#pragma once

#include "file.hpp"

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

    /// Makes `directory` and what is missing above it, with exactly `mode`, whatever the umask; -1 and errno with
    /// the one that failed in failed(). An existing directory is left as it is.
    int make(const std::string& directory, mode_t mode)
    {
        struct stat status = {};
        if (directory.empty() || ::stat(directory.c_str(), &status) == 0) return 0;
        const auto above = directory.substr(0, directory.rfind('/') + 1);
        if (make(above.substr(0, above.find_last_not_of('/') + 1), mode) == -1) return -1;
        if (::mkdir(directory.c_str(), mode) == -1) {
            if (errno == EEXIST && ::stat(directory.c_str(), &status) == 0) return 0; // somebody was faster
            failed_ = directory;
            return -1;
        }
        made_.push_back(directory);
        failed_ = directory;
        // chmod(2) would follow a link that the owner of the directory above has put in its place by now.
        const unique_fd opened(sys::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
        return opened ? ::fchmod(opened.get(), mode) : -1;
    }

    [[nodiscard]] const std::string& failed() const noexcept { return failed_; }

    /// They stay.
    void release() noexcept { made_.clear(); }

private:
    std::vector<std::string> made_;
    std::string failed_;
};

} // namespace daemonkit::sys
