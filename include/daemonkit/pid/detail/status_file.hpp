// SPDX-License-Identifier: BSL-1.0
// The line that a daemon gave to notify_status() last, in the file PATH.daemonkit-status beside the pid file: a check number, a
// space, the line, a newline. It is not in the pid file, because a daemon that dropped its privileges could not stamp
// that again. The check number is of the stamp of the daemon and of the line. So a line of a dead daemon, or one that is
// half written, is of no daemon. The file is made with the first line.
#pragma once

#include "../../compiled.hpp"
#include "../../sys/private_fd.hpp"
#include "../../text/short_text.hpp"
#include "pid_record.hpp"

#include <boost/filesystem/path.hpp>

#include <new>
#include <string>
#include <string_view>

namespace daemonkit::detail {

inline constexpr const char* status_suffix = ".daemonkit-status"; ///< of the path of the pid file

/// What is in the file.
[[nodiscard, gnu::cold]] sys::short_text<1100> status_record(long stamp, std::string_view line) noexcept;

/// Removes what a daemon left.
[[gnu::cold]] void remove_status_file(const boost::filesystem::path& path) noexcept;

/// In the daemon.
class status_file
{
public:
    [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(file_); } ///< whether it was made

    /// Makes the file if it was not tried yet. That can fail: the daemon dropped its privileges, or another user has
    /// made a file in its place.
    void make(const boost::filesystem::path& path, mode_t mode) noexcept;

    /// `stamp` is that of the daemon.
    void write(long stamp, std::string_view line) noexcept
    {
        if (file_) sys::write_at_start(file_.get(), status_record(stamp, line));
    }

    /// Removes the file, or empties it if that fails.
    [[gnu::cold, gnu::noinline]] void remove(const boost::filesystem::path& path) noexcept
    {
        if (file_) sys::empty_file(file_.get());
        if (file_) remove_status_file(path);
        file_.reset();
    }

private:
    sys::private_fd file_{};
    bool tried_ = false;
};

/// In any process: the line of this daemon, which `path` has led to; empty if none can be had.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string status_line_by_pid_file(const boost::filesystem::path& path,
                                                                              const pid_holder& daemon);

#if DAEMONKIT_DEFINES

[[gnu::noinline]] DAEMONKIT_INLINE sys::short_text<1100> status_record(long stamp, std::string_view line) noexcept
{
    sys::short_text<1100> text(sys::decimal(fingerprint().fold(sys::decimal(stamp)).fold(line).value()));
    ((text += " ") += line) += "\n";
    return text;
}

[[gnu::noinline]] DAEMONKIT_INLINE void remove_status_file(const boost::filesystem::path& path) noexcept
try {
    sys::remove_file(sys::joined({path.native(), status_suffix}).c_str());
} catch (const std::bad_alloc&) { // the next one with a line removes it
    return;
}

DAEMONKIT_INLINE void status_file::make(const boost::filesystem::path& path, mode_t mode) noexcept
try {
    if (tried_) return;
    tried_ = true;
    const auto name = sys::joined({path.native(), status_suffix});
    constexpr int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW;
    int file = sys::open(name.c_str(), flags, mode);
    if (file == -1 && errno == EEXIST && sys::remove_file(name.c_str()) == 0)
        file = sys::open(name.c_str(), flags, mode);
    file_.reset(file);
    if (file != -1) sys::change_mode(file, mode);
} catch (const std::bad_alloc&) {
    tried_ = false;
}

DAEMONKIT_INLINE std::string status_line_by_pid_file(const boost::filesystem::path& path, const pid_holder& daemon)
{
    const auto name = sys::joined({path.native(), status_suffix});
    long stamp = pid_record::none;
    for (int tries = 0; tries < 3; ++tries) { // the daemon may be writing it
        std::string text;
        const sys::unique_fd file(sys::open(name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
        if (!file) return {};
        try {
            const auto directory = check_directory(path, owners::one_other_user);
            check_pid_file(file.get(), name, directory.owner);
            if (tries == 0)
                stamp = stamp_of(identity_of(daemon.process.get(), daemon.pid), place_of(path, directory.inode));
        } catch (const startup_error&) { // it is not the file of this daemon
            return {};
        }
        if (sys::read_file(file.get(), text, 1100) == -1) return {};
        const auto begin = text.find(' ') + 1;
        const auto end = text.find('\n', begin);
        if (begin == 0 || end == std::string::npos) continue;
        const auto line = text.substr(begin, end - begin);
        if (text.starts_with(status_record(stamp, line).view())) return line;
    }
    return {};
}

#endif

} // namespace daemonkit::detail
