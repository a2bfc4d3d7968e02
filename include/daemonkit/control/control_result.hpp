// SPDX-License-Identifier: BSL-1.0
// What stop and reload return.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../core/exit_status.hpp"

#include <sys/types.h>

#include <string>

namespace daemonkit {

/// How stop() or reload() ended.
struct control_result
{
    int status = exit_status::done; ///< exit status for the shell
    pid_t pid = 0;                  ///< pid of the daemon; 0: none ran
    std::string message{};          ///< one sentence: what was done, or what failed and why
    std::string killed{};           ///< stop(): why SIGKILL was needed, part of `message`; empty: it was not

    /// The exit status, so that main() can return the result.
    operator int() const noexcept { return status; } // NOLINT(*-explicit-*)
};

} // namespace daemonkit
