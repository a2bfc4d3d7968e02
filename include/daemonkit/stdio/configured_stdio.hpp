// SPDX-License-Identifier: BSL-1.0
// Where the output goes is known when the daemon starts, for programs whose configuration decides. The targets are those
// of the other policies, and the system log. A program that knows its target when it is compiled takes null_stdio,
// log_file_stdio or inherit_stdio, which contain less code.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../compiled.hpp"
#include "../core/startup_error.hpp"
#include "../sys/descriptors.hpp"
#include "../sys/system_log_socket.hpp"
#include "concept.hpp"
#include "log_file_stdio.hpp"
#include "null_stdio.hpp"

#include <boost/filesystem/path.hpp>

#include <cstdio>
#include <optional>
#include <string>

namespace daemonkit {

/// Where standard output and error of a daemon go.
enum class log_target {
    null,    ///< /dev/null, as null_stdio
    file,    ///< log files, as log_file_stdio
    inherit, ///< those of the caller, as inherit_stdio: only in the foreground
    syslog   ///< the syslog daemon: each write(2), so each line of stdio, is one message without a priority
};

/// StdioPolicy: a setting says where standard output and error go.
struct configured_stdio
{
    log_target to = log_target::null;       ///< where the output goes
    boost::filesystem::path output{};       ///< with `file`: see log_file_stdio
    boost::filesystem::path error{};        ///< with `file`: see log_file_stdio
    mode_t mode = 0640;                     ///< with `file`: see log_file_stdio
    mode_t directory_mode = 0755;           ///< with `file`: see log_file_stdio
    std::string syslog_socket = "/dev/log"; ///< with `syslog`: the datagram socket of the syslog daemon

    static constexpr bool keeps_terminal = false; ///< it can be combined with every fork policy
    static constexpr bool reopens = true; ///< a reload opens files again, and connects to the syslog daemon again

    /// Whether 0, 1 and 2 stay those of the launcher. start() then fails if it would detach.
    [[nodiscard]] bool inherits() const noexcept { return to == log_target::inherit; }

    class streams;
    [[nodiscard]] streams redirect() const; ///< in the daemon. Throws startup_error.
};

/// The open files, or the connection to the syslog daemon.
class configured_stdio::streams
{
public:
    /// Opens 0, 1 and 2 where the setting says. Throws startup_error.
    explicit streams(const configured_stdio& settings);

    /// See log_file_stdio::streams.
    void give_to(uid_t user, gid_t group)
    {
        if (files_) files_->give_to(user, group);
    }

    /// Opens the files again: throws startup_error and keeps the old files on failure. Or connects to the syslog daemon
    /// again, which has a new socket after its restart, and keeps the old connection on failure: after chroot(2) the
    /// socket is out of reach.
    void reopen();

private:
    void redirect_to_system_log(const std::string& path);

    static void put_on_output(int socket);

    std::optional<log_file_stdio::streams> files_{};
    std::string system_log_{}; // empty: the output goes elsewhere
};

inline configured_stdio::streams configured_stdio::redirect() const { return streams(*this); }

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE configured_stdio::streams::streams(const configured_stdio& settings)
{
    if (settings.to == log_target::inherit) return;
    if (settings.to == log_target::file)
        files_.emplace(log_file_stdio{.output = settings.output,
                                      .error = settings.error,
                                      .mode = settings.mode,
                                      .directory_mode = settings.directory_mode});
    else
        (void)null_stdio{}.redirect();
    if (settings.to == log_target::syslog) redirect_to_system_log(settings.syslog_socket);
}

DAEMONKIT_INLINE void configured_stdio::streams::reopen()
{
    if (files_) files_->reopen();
    if (system_log_.empty()) return;
    std::fflush(stdout);
    if (const auto socket = sys::connect_to_system_log(system_log_)) put_on_output(socket.get());
}

DAEMONKIT_INLINE void configured_stdio::streams::redirect_to_system_log(const std::string& path)
{
    const auto socket = sys::connect_to_system_log(path);
    if (!socket)
        throw_errno("connect to the system log", path,
                    errno == ENOENT || errno == ECONNREFUSED
                        ? "no syslog daemon listens there: start one, or send the output to a file"
                        : std::string_view());
    put_on_output(socket.get());
    static char of_output[BUFSIZ];
    static char of_error[BUFSIZ];
    std::setvbuf(stdout, of_output, _IOLBF, sizeof of_output);
    std::setvbuf(stderr, of_error, _IOLBF, sizeof of_error); // without a buffer each part of a line is a message
    system_log_ = path;
}

DAEMONKIT_INLINE void configured_stdio::streams::put_on_output(int socket)
{
    detail::check_call_of("dup2", sys::put_on(socket, 1), "redirect standard output");
    detail::check_call_of("dup2", sys::put_on(socket, 2), "redirect standard error");
}

#endif

} // namespace daemonkit
