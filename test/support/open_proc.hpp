// SPDX-License-Identifier: BSL-1.0
// Whether /proc shows each user the processes of all users: not with the mount option hidepid, proc(5).
#pragma once

#include "support/process.hpp"
#include "support/skip.hpp"
#include "support/user.hpp"

#include <unistd.h>

#include <fstream>
#include <string>

/// Whether a user other than root can read /proc/1/stat.
inline bool proc_is_open()
{
    const auto reader = in_child([] {
        std::string first;
        const bool other_user = ::geteuid() != 0 || become_user(nobody);
        return other_user && std::getline(std::ifstream("/proc/1/stat"), first) ? 0 : 1;
    });
    return reader.status == 0;
}

/// For a test in which one user looks at a process of another.
#define NEEDS_OPEN_PROC() \
    if (!proc_is_open()) DAEMONKIT_SKIP("needs a /proc without hidepid: no other user can read /proc/1/stat here")
