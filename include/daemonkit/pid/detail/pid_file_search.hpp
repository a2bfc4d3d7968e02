// SPDX-License-Identifier: BSL-1.0
// Which process holds the identity of a pid file: the one that the file names, and if that leads to no process, the one
// that holds the abstract socket. Changes nothing and locks nothing.
//
// There are three answers: a process is proved to be the daemon; it is proved that there is none; or neither can be
// proved. The third is never taken for the second. As long as a process has locked the file or holds the socket, there
// is a daemon, unless the socket tells that the daemon is gone and has left them to another process.
#pragma once

#include "../../compiled.hpp"
#include "abstract_socket.hpp"
#include "activity.hpp"
#include "pid_record.hpp"

#include <boost/filesystem/path.hpp>

#include <optional>
#include <string>
#include <utility>

namespace daemonkit::detail {

[[noreturn, gnu::cold]] void throw_doubt(const boost::filesystem::path& path, const std::string& doubt);

/// find() of a daemon that runs without a pid file.
[[noreturn, gnu::cold, gnu::noinline]] inline void throw_no_pid_file()
{
    throw startup_error::not_implemented(
        "find the daemon", {}, "this daemon has no pid file: use the service manager or container that runs it");
}

/// What a pid file says.
struct file_search
{
    pid_holder holder{};
    std::string doubt{};         ///< why there may be a daemon all the same; empty: no doubt
    process_identity identity{}; ///< of the holder
    /// false: search again. A daemon may be about to stamp the file, or has ended since the file was opened.
    bool settled = true;
};

/// The daemon that a pid file in this directory names. Throws startup_error if something else is in its place.
[[nodiscard]] DAEMONKIT_INLINE file_search find_in_file(const boost::filesystem::path& path,
                                                        const trusted_directory& directory = {
                                                            .owner = sys::effective_user()});

/// The daemon of another user, who controls the path; root asks. A process that runs as that user in every respect may
/// be named by that user's file. Nothing else in the file is used, not even that a daemon is gone.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE pid_holder find_of_another_user(const boost::filesystem::path& path);

/// find() of both pid file policies, in a directory that the caller controls.
class pid_file_search
{
public:
    /// Throws startup_error if another user controls the path.
    explicit pid_file_search(const boost::filesystem::path& path) : path_(path), directory_(check_directory(path)) {}

    /// Throws startup_error if it cannot tell. Repeats for a second while daemons come and go between its two steps.
    [[nodiscard]] pid_holder operator()();

    /// A socket connected to the control socket of the daemon that was found; empty if it cannot be reached.
    [[nodiscard]] sys::unique_fd call(const pid_holder& daemon)
    {
        return socket().call(identity_ ? identity_ : identity_of(daemon.process.get(), daemon.pid));
    }

private:
    /// Where something else is in the place of the file, a daemon may still hold the socket.
    [[nodiscard]] file_search find_in_file_or_by_socket();

    [[nodiscard]] socket_search find_by_socket() { return socket().find(); }

    [[nodiscard]] const abstract_socket& socket()
    {
        if (!socket_) socket_.emplace(path_, directory_);
        return *socket_;
    }

    const boost::filesystem::path& path_;
    trusted_directory directory_;
    std::optional<abstract_socket> socket_{};
    process_identity identity_{}; // of the holder; empty: not known
};

/// control_socket() of both pid file policies.
[[nodiscard]] DAEMONKIT_INLINE sys::unique_fd control_socket_by_pid_file(const boost::filesystem::path& path,
                                                                         const pid_holder& daemon);

/// find() of both pid file policies. A `control` becomes what control_socket() returns, with one check of the path.
template <class... ControlSocket>
[[nodiscard]] pid_holder find_by_pid_file(const boost::filesystem::path& path, bool optional, ControlSocket&... control)
{
    if (optional && path.empty()) throw_no_pid_file();
    std::optional<pid_file_search> search;
    try {
        search.emplace(path);
    } catch (const startup_error&) {
        auto found = find_of_another_user(path);
        if (!found) throw;
        ((control = control_socket_by_pid_file(path, found)), ...);
        return found;
    }
    auto found = (*search)();
    if (found) ((control = search->call(found)), ...);
    return found;
}

/// check_directory() of a start. Where another user controls the path, root starts nothing, but finds the daemon of
/// that user.
DAEMONKIT_INLINE trusted_directory check_directory_to_claim(const boost::filesystem::path& path);

#if DAEMONKIT_DEFINES

[[gnu::noinline]] DAEMONKIT_INLINE void throw_doubt(const boost::filesystem::path& path, const std::string& doubt)
{
    throw startup_error(std::make_error_code(std::errc::device_or_resource_busy), "identify the daemon of",
                        path.native(), doubt);
}

DAEMONKIT_INLINE file_search find_in_file(const boost::filesystem::path& path, const trusted_directory& directory)
{
    const sys::unique_fd file(sys::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
    if (!file) {
        if (errno == ENOENT || errno == ENOTDIR) return {};
        if (errno == ELOOP) refuse(path.native(), "it is a symbolic link");
        throw_errno("open the pid file", path.native(), sys::about_denial(path.native()));
    }
    const auto record = read_pid_file(file.get(), path.native(), directory.owner);
    auto found = find_holder(record, path, file.get(), directory);
    file_search result{std::move(found.holder), std::move(found.doubt), found.identity};
    if (result.holder) {
        find_activity(file.get(), result.holder);
        return result;
    }
    const bool locked = result.doubt.empty() && sys::are_locked(file.get(), life_lock) == 1;
    result.holder.starting = locked && !record.is_left();
    if (locked && record.is_left())
        result.doubt =
            "a live process has locked it, but the pid in it leads to no such process: does the daemon run in "
            "another pid namespace?";
    if (record.pid != 0) {
        const auto now = read_pid_file(file.get(), path.native(), directory.owner);
        result.settled = now.stamp == record.stamp && now.pid != 0 && sys::leads_to(path.c_str(), file.get());
    }
    return result;
}

DAEMONKIT_INLINE pid_holder find_of_another_user(const boost::filesystem::path& path)
try {
    const auto directory = check_directory(path, owners::one_other_user);
    if (auto found = find_in_file(path, directory).holder) return found;
    return abstract_socket(path, directory).find().holder;
} catch (const startup_error&) {
    return {};
}

DAEMONKIT_INLINE pid_holder pid_file_search::operator()()
{
    sys::backoff back_off;
    for (std::optional<sys::deadline> until;; back_off()) {
        auto in_file = find_in_file_or_by_socket();
        identity_ = in_file.identity;
        if (in_file.holder) return std::move(in_file.holder);
        auto by_socket = find_by_socket();
        identity_ = {};
        if (by_socket.holder) return std::move(by_socket.holder);
        if (by_socket.left_over) {
            in_file.doubt.clear();
            in_file.holder.starting = false;
        }
        auto& doubt = in_file.doubt.empty() ? by_socket.doubt : in_file.doubt;
        if (in_file.settled && doubt.empty()) return std::move(in_file.holder);
        if (!until) until.emplace(std::chrono::seconds(1));
        if (until->passed()) {
            if (!doubt.empty()) throw_doubt(path_, doubt);
            return std::move(in_file.holder);
        }
    }
}

DAEMONKIT_INLINE file_search pid_file_search::find_in_file_or_by_socket()
{
    try {
        return find_in_file(path_, directory_);
    } catch (const startup_error&) {
        if (auto found = find_by_socket().holder) return {std::move(found)};
        throw;
    }
}

DAEMONKIT_INLINE sys::unique_fd control_socket_by_pid_file(const boost::filesystem::path& path,
                                                           const pid_holder& daemon)
{
    return abstract_socket(path, check_directory(path, owners::one_other_user))
        .call(identity_of(daemon.process.get(), daemon.pid));
}

DAEMONKIT_INLINE trusted_directory check_directory_to_claim(const boost::filesystem::path& path)
{
    try {
        return check_directory(path);
    } catch (const startup_error&) {
        refuse_if_held(find_of_another_user(path), path.native());
        throw;
    }
}

#endif

} // namespace daemonkit::detail
