// SPDX-License-Identifier: BSL-1.0
// A plain pid file. No lock is held after the start. A daemon with a touched, replaced or deleted file is still found
// by its abstract socket, but does not restore the file. Take flock_pid_file where that matters, or where the daemon
// and its control commands run in different network namespaces.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../core/required_setting.hpp"
#include "concept.hpp"
#include "detail/pid_file_guard.hpp"

namespace daemonkit {

/// A pid file without a lock after the start.
struct pid_file
{
    /// Absolute. Missing directories are made with mode 0755, and removed with the file if they are empty.
    required_setting<boost::filesystem::path> path;
    mode_t mode = 0644; ///< of the file
    /// Further lines that are written after the pid, for other programs: a port, the path of a socket. What the program
    /// adds to the file later is kept, too. At most 4088 bytes.
    std::string extra{};
    /// Whether the path may be empty: then there is no pid file, and stop(), reload() and status() say so. Otherwise an
    /// empty path is an error.
    bool optional = false;

    static constexpr bool records_pid = true; ///< find() and where() exist

    /// In the launcher. Throws already_running, startup_error.
    [[nodiscard]] detail::pid_file_guard claim() const
    {
        return {path, mode, detail::lines_to_write(extra, path), detail::lock_held::until_published, optional};
    }
    /// The live daemon, verified; in any process. Throws startup_error if it cannot tell.
    [[nodiscard]] pid_holder find() const { return detail::find_by_pid_file(path, optional); }
    [[nodiscard]] bool has_record() const noexcept { return sys::is_there(path.c_str()); } ///< whether the file exists
    /// find(), and what control_socket() returns for that daemon, with one check of the path.
    [[nodiscard]] pid_holder find_with_control_socket(sys::unique_fd& control_socket) const
    {
        return detail::find_by_pid_file(path, optional, control_socket);
    }
    /// A socket connected to the daemon, for reload(); empty if it cannot be reached.
    [[nodiscard]] sys::unique_fd control_socket(const pid_holder& daemon) const
    {
        return detail::control_socket_by_pid_file(path, daemon);
    }
    /// What this daemon said last by notify_status(); empty if it cannot be had.
    [[nodiscard]] std::string status_line(const pid_holder& daemon) const
    {
        return detail::status_line_by_pid_file(path, daemon);
    }
    [[nodiscard]] std::string where() const { return path.string(); } ///< the path
};

} // namespace daemonkit
