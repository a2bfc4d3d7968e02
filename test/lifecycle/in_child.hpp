// SPDX-License-Identifier: BSL-1.0
// For the processes that tests of this room make.
#pragma once

#include "support/child_process.hpp"
#include "support/user.hpp"

#include <unistd.h>

#include <string>

inline void say(const std::string& line) { child_process::say(line); }

inline void become_nobody()
{
    if (!become_user(nobody)) ::_exit(99);
}
