// SPDX-License-Identifier: BSL-1.0
// Who holds the identity that a pid file stands for: by the file, and where that leads to nobody, by the name in the
// kernel. Changes nothing and locks nothing.
#pragma once

#include "abstract_socket.hpp"
#include "pid_record.hpp"

#include <boost/filesystem/path.hpp>

#include <utility>

namespace daemonkit::detail {

/// What a pid file in `owner`'s hands says of its daemon; nobody if there is none. `settled`: false if a daemon may be
/// about to set its stamp, or has ended in good order since the file was opened.
[[nodiscard]] inline pid_holder find_in_file(const boost::filesystem::path& path, bool& settled,
                                             uid_t owner = sys::effective_user())
{
    settled = true;
    const sys::unique_fd file(sys::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
    if (!file) {
        if (errno == ENOENT || errno == ENOTDIR) return {};
        if (errno == ELOOP) refuse(path.native(), "it is a symbolic link");
        throw_errno("open the pid file", path.native());
    }
    check_pid_file(file.get(), path.native(), owner);
    const auto record = read_pid_file(file.get(), path.native());
    auto found = find_holder(record, path, owner);
    if (found.stale) {
        // Who writes the line holds the lock until it is stamped.
        const bool locked = record.stamp == pid_record::none && sys::lock_owner(file.get()) != 0;
        const auto now = read_pid_file(file.get(), path.native());
        settled = !locked && now.stamp == record.stamp && now.pid != 0 && sys::leads_to(path.c_str(), file.get());
    }
    return found;
}

/// The daemon of another user, whose way to the file it is; asked by root. A process that is that user's own in every
/// respect may be signalled for him; of anything else, a dead daemon's record among it, nothing is believed.
[[nodiscard, gnu::cold]] inline pid_holder find_of_another_user(const boost::filesystem::path& path)
try {
    const auto way = check_directory(path, true);
    bool settled = true;
    bool hidden = false;
    if (auto found = find_in_file(path, settled, way.owner)) return found;
    return abstract_socket(path, way.plain, way.owner).find(hidden);
} catch (const startup_error&) {
    return {};
}

/// find() of both pid file policies: by the file, and if that leads to nobody, by the name in the kernel.
[[nodiscard]] inline pid_holder find_by_pid_file(const boost::filesystem::path& path)
{
    bool plain = true;
    try {
        plain = check_directory(path).plain;
    } catch (const startup_error&) {
        if (auto found = find_of_another_user(path)) return found;
        throw;
    }
    abstract_socket name;
    bool known = false;
    bool settled = true;
    bool hidden = false;
    const auto find_by_name = [&] {
        if (!std::exchange(known, true)) name = abstract_socket(path, plain);
        return name.find(hidden);
    };
    pid_holder found;
    // Between the looks at the file and at the name daemons come and go.
    for (const sys::deadline until(std::chrono::seconds(1)); !until.passed();) {
        try {
            found = find_in_file(path, settled);
            if (found) return found;
        } catch (const startup_error&) { // something else is in its place
            if (auto named = find_by_name()) return named;
            throw;
        }
        if (auto named = find_by_name()) return named;
        if (settled && !hidden) return found;
        sys::sleep_for(std::chrono::milliseconds(1));
    }
    if (hidden)
        throw startup_error(std::make_error_code(std::errc::permission_denied), "identify the daemon of", path.native(),
                            "a process has its name, and only root may see which");
    return found;
}

/// control_socket() of both pid file policies.
[[nodiscard]] inline sys::unique_fd control_socket_by_pid_file(const boost::filesystem::path& path,
                                                               const pid_holder& daemon)
{
    const auto way = check_directory(path, true);
    return abstract_socket(path, way.plain, way.owner).call(daemon);
}

/// check_directory() of a start: whether it is plain. Where another user has the way, root starts nothing, but finds the
/// daemon of that user.
inline pid_file_way check_directory_to_claim(const boost::filesystem::path& path)
{
    try {
        return check_directory(path);
    } catch (const startup_error&) {
        refuse_if_held(find_of_another_user(path), path.native());
        throw;
    }
}

} // namespace daemonkit::detail
