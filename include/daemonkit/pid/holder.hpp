// SPDX-License-Identifier: BSL-1.0
// The process that holds an identity, as somebody else finds it.
#pragma once

#include "../startup_error.hpp"
#include "../sys/unique_fd.hpp"

#include <sys/types.h>

#include <chrono>
#include <string>

namespace daemonkit {

struct holder
{
    pid_t pid = 0;                                 ///< 0: nobody holds it
    sys::unique_fd process{};                      ///< its pidfd, opened before the identity was verified
    std::chrono::system_clock::time_point since{}; ///< when the process was started
    bool remains = false;                          ///< nobody holds it, but a dead holder's record is there

    [[nodiscard]] explicit operator bool() const noexcept { return pid != 0; }
};

/// Thrown by claim() when a live daemon has the identity.
class already_running : public startup_error
{
public:
    already_running(pid_t pid, const std::string& where)
        : startup_error(std::make_error_code(std::errc::device_or_resource_busy), "claim", where,
                        "already running (pid " + std::to_string(pid) + ")"),
          pid_(pid)
    {
    }

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }

private:
    pid_t pid_;
};

} // namespace daemonkit
