// SPDX-License-Identifier: BSL-1.0
// The attributes of the daemon's process that do not depend on policies: daemon(7), steps 10, 11 and 13. Paths are
// strings, so that a daemon without files needs no file system library; a boost::filesystem::path converts to them.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../core/detail/account.hpp"
#include "../sys/limits.hpp"

#include <string>
#include <vector>

namespace daemonkit {

/// The settings of the daemon's process, applied in the daemon before run().
struct process_settings
{
    /// The daemon's name in messages and in status; empty: the name by which the program was called.
    std::string name{};
    /// The directory that the daemon changes to before on_start(), chdir(2); with `chroot`, when privileges are
    /// dropped.
    std::string working_directory = "/";
    /// umask(2), set before on_start().
    mode_t umask = 022;
    /// The user that the daemon changes to after on_start(), with the user's groups; empty: no change. Needs root.
    detail::account user{};
    /// The group that the daemon changes to, instead of the user's primary group; empty: the user's primary group.
    detail::account group{};
    /// The root directory that the daemon changes to when privileges are dropped, chroot(2); empty: no change. The
    /// working directory is then a path inside it.
    std::string chroot{};
    /// Resource limits, setrlimit(2), set in this order before on_start().
    std::vector<sys::resource_limit> limits{};
    /// false sets RLIMIT_CORE to 0, so that the daemon's memory is never written to a core file.
    bool core_dumps = false;
    /// Whether to set PR_SET_NO_NEW_PRIVS, prctl(2): set-user-ID programs then give the daemon and its children no
    /// privileges.
    bool no_new_privileges = false;
    /// false: only the daemon returns from start() and command_line(). Every other process ends by _exit(2) as soon as
    /// the result is printed: no code after the call, no exit handler and no destructor of static objects runs there.
    /// start() itself prints why it failed, or that the daemon already runs.
    bool launcher_returns = true;
    /// Inherited descriptors above 2 that stay open in a daemon that detaches. All others that the process got over
    /// execve(2) are closed. What the program opened itself stays open.
    std::vector<int> keep_descriptors{};
};

} // namespace daemonkit
