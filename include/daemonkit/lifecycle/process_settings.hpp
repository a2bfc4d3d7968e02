// SPDX-License-Identifier: BSL-1.0
// The attributes of the daemon's process, whatever the policies: daemon(7), steps 10, 11 and 13. Paths are plain
// strings here (a boost::filesystem::path converts), so that a daemon without files needs no file system library.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../core/detail/account.hpp"
#include "../sys/limits.hpp"

#include <string>
#include <vector>

namespace daemonkit {

struct process_settings
{
    /// In messages and in status; empty: the name that the program was called by.
    std::string name{};
    std::string working_directory = "/";
    mode_t umask = 022;
    /// The daemon becomes this user after on_start(), with the user's groups; empty: it stays what it is.
    detail::account user{};
    /// In place of the user's primary group.
    detail::account group{};
    /// chroot(2), entered when privileges are dropped. The working directory is then a path inside it.
    std::string chroot{};
    /// setrlimit(2), in this order.
    std::vector<sys::resource_limit> limits{};
    /// false sets RLIMIT_CORE to 0: the memory of a daemon is not written to a file.
    bool core_dumps = false;
    /// prctl(2), PR_SET_NO_NEW_PRIVS: set-user-ID programs give the daemon and its children no privileges.
    bool no_new_privileges = false;
    /// Descriptors above 2 that stay open in a daemon that detaches; all others are closed.
    std::vector<int> keep_descriptors{};
};

} // namespace daemonkit
