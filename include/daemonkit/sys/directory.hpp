// SPDX-License-Identifier: BSL-1.0
// Directories: opened without following links, and missing ones above a file made when the file is, and removed again if
// the file is not kept.
#pragma once

#include "../compiled.hpp"
#include "../text/joined.hpp"
#include "file.hpp"
#include "refusal.hpp"

#include <linux/openat2.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

namespace daemonkit::sys {

/// open_directory_without_links() where openat2(2) is refused: opens one component after the other.
[[gnu::cold]] DAEMONKIT_INLINE int open_each_directory(const std::string& path);

/// Opens a directory (O_PATH); fails with ELOOP if any component of the path is a symbolic link. openat2(2), Linux 5.6.
DAEMONKIT_INLINE int open_directory_without_links(const char* path);

/// The directories that make() made; the destructor removes them unless release() was called.
class made_directories
{
public:
    made_directories() noexcept = default;
    /// Leaves `other` with nothing.
    made_directories(made_directories&& other) noexcept
        : made_(std::exchange(other.made_, {})), count_(std::exchange(other.count_, 0))
    {
    }
    /// Exchanges the two.
    made_directories& operator=(made_directories&& other) noexcept
    {
        made_.swap(other.made_);
        std::swap(count_, other.count_);
        return *this;
    }
    /// Removes the deepest directory first, and stops at the first that is not empty.
    ~made_directories();

    /// Makes `directory` and its missing parents with exactly `mode`, whatever the umask. Existing directories are not
    /// changed. Returns 0, or -1 and errno; failed() is then the directory that could not be made. Follows no symbolic
    /// link below the existing part, and none at all if `links` is false, for a path that another user can change.
    int make(const std::string& directory, mode_t mode, bool links = true);

    /// The directory that could not be made.
    [[nodiscard]] const std::string& failed() const noexcept { return failed_; }

    /// How many were made, each inside the one before.
    [[nodiscard]] std::size_t count() const noexcept { return count_; }

    /// Keeps the directories.
    void release() noexcept { count_ = 0; }

private:
    static int open_existing(const char* path, bool links)
    {
        return links ? sys::open(path, O_PATH | O_DIRECTORY) : open_directory_without_links(path);
    }

    [[gnu::cold]] int make_missing(const std::string& directory, mode_t mode, bool links);

    [[gnu::cold]] unique_fd make_below(int at, const char* path, const char* name, mode_t mode);

    std::string made_; // paths, each ended by a null byte
    std::size_t count_ = 0;
    std::string failed_;
};

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE int open_each_directory(const std::string& path)
{
    constexpr int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW;
    unique_fd at(sys::open(path.starts_with('/') ? "/" : ".", flags));
    for (std::size_t begin = 0, end = 0; at && end != std::string::npos; begin = end + 1) {
        end = path.find('/', begin);
        const auto name = path.substr(begin, end - begin);
        if (name.empty()) continue;
        unique_fd next(retry([&] { return ::openat(at.get(), name.c_str(), flags | O_CLOEXEC); }));
        file_status status = {};
        if (!next && errno == ENOTDIR && status_at(at.get(), name.c_str(), status, AT_SYMLINK_NOFOLLOW) == 0)
            errno = S_ISLNK(status.st_mode) ? ELOOP : ENOTDIR;
        const int error = errno; // that closing may change
        at = std::move(next);
        errno = error;
    }
    return at.release();
}

DAEMONKIT_INLINE int open_directory_without_links(const char* path)
{
    open_how how = {};
    how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
    how.resolve = RESOLVE_NO_SYMLINKS;
    const auto opened =
        static_cast<int>(retry([&] { return ::syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how); }));
    return opened != -1 || !is_refusal(errno) ? opened : open_each_directory(path);
}

DAEMONKIT_INLINE made_directories::~made_directories()
{
    for (; count_ != 0; --count_) {
        const auto last = made_.rfind('\0', made_.size() - 2) + 1;
        if (::rmdir(made_.c_str() + last) == -1) return;
        made_.erase(last);
    }
}

DAEMONKIT_INLINE int made_directories::make(const std::string& directory, mode_t mode, bool links)
{
    return unique_fd(open_existing(directory.empty() ? "." : directory.c_str(), links))
               ? 0
               : make_missing(directory, mode, links);
}

DAEMONKIT_INLINE int made_directories::make_missing(const std::string& directory, mode_t mode, bool links)
{
    std::string path = directory; // cut off after each component in turn
    auto end = path.size();
    unique_fd at;
    while (!at && (errno == ENOENT || errno == ENOTDIR) && end != 0) {
        end = path.find('/') < end ? path.rfind('/', end - 1) : 0;
        const char cut = std::exchange(path[end], '\0');
        at.reset(open_existing(end != 0 ? path.c_str() : cut == '/' ? "/" : ".", links));
        path[end] = cut;
    }
    while (at) {
        const auto begin = path.find_first_not_of('/', end);
        if (begin == std::string::npos) return 0;
        end = path.find('/', begin);
        if (end == std::string::npos) end = path.size();
        const char cut = std::exchange(path[end], '\0');
        at = make_below(at.get(), path.c_str(), path.c_str() + begin, mode);
        path[end] = cut;
    }
    failed_ = joined({std::string_view(path).substr(0, end)});
    return -1;
}

DAEMONKIT_INLINE unique_fd made_directories::make_below(int at, const char* path, const char* name, mode_t mode)
{
    const bool made = ::mkdirat(at, name, mode) == 0;
    if (!made && errno != EEXIST) return {};
    if (made) {
        made_.append(path, std::char_traits<char>::length(path) + 1);
        ++count_;
    }
    unique_fd opened(retry([=] { return ::openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC); }));
    return opened && made && ::fchmod(opened.get(), mode) == -1 ? unique_fd() : std::move(opened);
}

#endif

} // namespace daemonkit::sys
