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
    pid_t pid = 0;                  ///< of the daemon; 0: there was none
    std::string message{};          ///< one sentence

    /// The exit status, as of start_result.
    operator int() const noexcept { return status; } // NOLINT(*-explicit-*)
};

} // namespace daemonkit
