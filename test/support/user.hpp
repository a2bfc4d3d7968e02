// SPDX-License-Identifier: BSL-1.0
// Users other than root.
#pragma once

#include <grp.h>
#include <unistd.h>

#include <string>
#include <vector>

inline constexpr uid_t nobody = 65534;

/// Changes all user and group ids of this process, and drops its supplementary groups. Returns false and sets errno if
/// it is not allowed.
inline bool become_user(uid_t user)
{
    return ::setgroups(0, nullptr) == 0 && ::setresgid(user, user, user) == 0 && ::setresuid(user, user, user) == 0;
}

/// What to put before a command to run it as this user, without supplementary groups.
inline std::vector<std::string> as_user(uid_t user)
{
    const auto id = std::to_string(user);
    return {"setpriv", "--reuid=" + id, "--regid=" + id, "--clear-groups"};
}
