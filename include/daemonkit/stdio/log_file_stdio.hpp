// SPDX-License-Identifier: BSL-1.0
// Standard output and error go to files opened with O_APPEND, standard input comes from /dev/null. A reload opens the
// paths again and puts the new files on the same descriptors. dup2(2) is atomic for all threads, so each line goes
// whole to the old file or to the new one. logrotate can create a new file and send SIGHUP without losing a line;
// copytruncate is not needed. stdout becomes line-buffered, so that each line shows up in the log at once.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../compiled.hpp"
#include "../core/required_setting.hpp"
#include "../core/startup_error.hpp"
#include "../sys/descriptors.hpp"
#include "../sys/directory.hpp"
#include "../sys/file.hpp"
#include "../sys/trust.hpp"
#include "concept.hpp"

#include <boost/filesystem/path.hpp>

#include <array>
#include <cstdio>
#include <string>

namespace daemonkit {

/// StdioPolicy: standard output and error go to log files, which a reload reopens.
struct log_file_stdio
{
    /// The absolute path of the file for standard output; missing directories are made. start() fails if the last
    /// component is a symbolic link, if the file has several hard links, or if it is not a regular file: another user
    /// could make root write to a file of his choice.
    required_setting<boost::filesystem::path> output;
    /// The file for standard error; empty: the same as output.
    boost::filesystem::path error{};
    /// The mode of a log file that is made, whatever the umask.
    mode_t mode = 0640;
    /// The mode of each directory that is made, whatever the umask.
    mode_t directory_mode = 0755;

    static constexpr bool keeps_terminal = false; ///< 0, 1 and 2 leave the terminal
    static constexpr bool reopens = true;         ///< a reload opens the files again

    class streams;
    [[nodiscard]] streams redirect() const; ///< in the daemon. Throws startup_error.
};

/// The open files.
class log_file_stdio::streams
{
public:
    /// Opens the files on 0, 1 and 2. Throws startup_error.
    explicit streams(const log_file_stdio& files);

    /// Changes the owner of the files that this start made only. An existing file may belong to another user.
    void give_to(uid_t user, gid_t group);

    /// Opens the files on the same descriptors. Throws startup_error and keeps the old files.
    void reopen();

private:
    [[nodiscard]] const boost::filesystem::path& path_of(int fd) const noexcept
    {
        return fd == 2 && !files_.error.empty() ? files_.error : files_.output;
    }

    static std::string reason_of(const sys::untrusted& step, const std::string& path);

    [[nodiscard]] sys::unique_fd open(const boost::filesystem::path& path, bool& made_file) const;

    log_file_stdio files_;
    std::array<bool, 2> made_{};
};

inline log_file_stdio::streams log_file_stdio::redirect() const { return streams(*this); }

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE log_file_stdio::streams::streams(const log_file_stdio& files) : files_(files)
{
    const sys::unique_fd null(check_call(sys::open("/dev/null", O_RDONLY), "open", "/dev/null"));
    detail::check_call_of("dup2", sys::put_on(null.get(), 0), "redirect standard input");
    reopen();
    static char buffer[BUFSIZ]; // glibc ignores the mode without a buffer if stdout was already written to
    std::setvbuf(stdout, buffer, _IOLBF, sizeof buffer);
}

DAEMONKIT_INLINE void log_file_stdio::streams::give_to(uid_t user, gid_t group)
{
    for (int fd = 1; fd <= 2; ++fd)
        if (made_[path_of(fd) == files_.output ? 0 : 1])
            check_call(sys::change_owner(fd, user, group), "change the owner of the log file", path_of(fd).string());
}

DAEMONKIT_INLINE void log_file_stdio::streams::reopen()
{
    std::fflush(stdout);
    const auto out = open(path_of(1), made_[0]);
    const auto err = files_.error.empty() ? sys::unique_fd() : open(path_of(2), made_[1]);
    detail::check_call_of("dup2", sys::put_on(out.get(), 1), "redirect standard output", path_of(1).string());
    detail::check_call_of("dup2", sys::put_on(err ? err.get() : out.get(), 2), "redirect standard error",
                          path_of(2).string());
}

DAEMONKIT_INLINE std::string log_file_stdio::streams::reason_of(const sys::untrusted& step, const std::string& path)
{
    return errno == ELOOP
               ? "the path contains a symbolic link, and another user can change " + step.path + ": " + step.reason
               : sys::about_denial(path);
}

DAEMONKIT_INLINE sys::unique_fd log_file_stdio::streams::open(const boost::filesystem::path& path,
                                                              bool& made_file) const
{
    const std::string& name = path.native();
    if (!path.is_absolute())
        throw startup_error::bad_setting("use the log file", name,
                                         "its path must be absolute, because a daemon changes its directory");
    const auto parent = path.parent_path().string();
    // The directory of a log may belong to the daemon's user, who could place a symbolic link in it to mislead
    // root.
    const auto step = sys::untrusted_path(parent, sys::effective_user());
    sys::made_directories made;
    sys::unique_fd directory(AT_FDCWD);
    if (made.make(parent, files_.directory_mode, !step) == -1)
        throw startup_error(last_error(), "make the directory of the log file", made.failed(),
                            reason_of(step, made.failed()));
    if (step) directory.reset(sys::open_directory_without_links(parent.c_str()));
    if (directory.get() == -1)
        throw startup_error(last_error(), "open the directory of the log file", parent, reason_of(step, parent));
    sys::unique_fd file(
        sys::open_log(directory.get(), step ? path.filename().c_str() : path.c_str(), files_.mode, made_file));
    if (!file)
        throw startup_error(last_error(), "open the log file", name,
                            errno == ELOOP   ? "it is a symbolic link"
                            : errno == ENXIO ? "it is a FIFO or a socket"
                                             : sys::about_denial(name));
    sys::file_status status = {};
    check_call(sys::status_of(file.get(), status), "read the status of the log file", name);
    if (!S_ISREG(status.st_mode) || status.st_nlink != 1)
        throw startup_error(std::make_error_code(std::errc::invalid_argument), "use the log file", name,
                            S_ISREG(status.st_mode) ? "it has other names (hard links)" : "it is not a regular file");
    made.release();
    return file;
}

#endif

} // namespace daemonkit
