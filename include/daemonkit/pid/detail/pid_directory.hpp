// SPDX-License-Identifier: BSL-1.0
// The directory of a pid file: write access to it, or to one above it, decides which process root signals.
#pragma once

#include "../../compiled.hpp"
#include "../../core/startup_error.hpp"
#include "../../sys/file.hpp"
#include "../../sys/process.hpp"
#include "../../sys/trust.hpp"
#include "../../text/joined.hpp"

#include <boost/filesystem/path.hpp>

#include <climits>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace daemonkit::detail {

/// The directory in the absolute path of a pid file.
[[nodiscard]] DAEMONKIT_INLINE std::string directory_in(const boost::filesystem::path& path);

/// The last component of the path of a pid file.
[[nodiscard]] inline std::string_view file_name_in(const boost::filesystem::path& path) noexcept
{
    const std::string_view whole = path.native();
    return whole.substr(whole.rfind('/') + 1);
}

/// A directory that only root and one user can change, with every directory above it.
struct trusted_directory
{
    std::string path{};                     ///< as in the path of the pid file
    bool plain = false;                     ///< no symbolic link, "." or ".." is on its path
    uid_t owner = 0;                        ///< that one user
    std::uint64_t inode = 0;                ///< of the directory; 0: not known
    std::optional<sys::mount_root> mount{}; ///< as sys::untrusted_path() found it
};

/// Which users may control a path, besides root.
enum class owners {
    caller,        ///< the calling user
    one_other_user ///< if root asks: any one user; the file may then name only processes of that user
};

/// The directory of a pid file. Throws startup_error unless `path` is absolute and only root and one user can change
/// where it leads.
DAEMONKIT_INLINE trusted_directory check_directory(const boost::filesystem::path& path,
                                                   owners allowed = owners::caller);

inline constexpr std::size_t place_length = NAME_MAX + 21;

/// The place that a record is bound to: the name of its file, and the inode number of its directory. Bind mounts,
/// symbolic links and chroot(2) do not change them. `inode`: of the directory; 0: not known yet.
[[nodiscard]] DAEMONKIT_INLINE sys::short_text<place_length> place_of(const boost::filesystem::path& path,
                                                                      std::uint64_t inode = 0);

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE std::string directory_in(const boost::filesystem::path& path)
{
    const auto& whole = path.native();
    const auto end = whole.find_last_not_of('/', whole.rfind('/'));
    return whole.substr(0, end == std::string::npos ? 1 : end + 1);
}

DAEMONKIT_INLINE trusted_directory check_directory(const boost::filesystem::path& path, owners allowed)
{
    const auto name = file_name_in(path);
    if (!path.native().starts_with('/') || name.empty() || name == "." || name == "..")
        throw_bad_setting("use the pid file", path.native(),
                          "its path must be absolute and name a file, because a daemon changes its working directory");
    auto directory = directory_in(path);
    uid_t owner = sys::effective_user();
    auto found = sys::untrusted_path(directory, owner);
    if (allowed == owners::one_other_user && owner == 0 && found.owner != 0) {
        owner = found.owner;
        found = sys::untrusted_path(directory, owner);
    }
    if (found)
        throw startup_error(std::make_error_code(std::errc::invalid_argument), "use the directory of the pid file",
                            found.path, found.reason);
    return {std::move(directory), !found.links && path.native().find("/.") == std::string::npos, owner, found.inode,
            found.mount};
}

DAEMONKIT_INLINE sys::short_text<place_length> place_of(const boost::filesystem::path& path, std::uint64_t inode)
{
    if (inode == 0) {
        sys::file_status directory = {};
        sys::status_of(directory_in(path).c_str(), directory);
        inode = directory.st_ino;
    }
    return sys::short_joined<place_length>({file_name_in(path), " ", inode});
}

#endif

} // namespace daemonkit::detail
