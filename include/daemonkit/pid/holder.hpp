// SPDX-License-Identifier: BSL-1.0
// The process that holds an identity, as somebody else finds it.
#pragma once

#include "../startup_error.hpp"
#include "../sys/deadline.hpp"
#include "../sys/process.hpp"
#include "../sys/unique_fd.hpp"

#include <sys/types.h>

#include <chrono>
#include <string>
#include <utility>

namespace daemonkit {

struct holder
{
    pid_t pid = 0;                                 ///< 0: nobody holds it
    sys::unique_fd process{};                      ///< its pidfd, opened before the identity was verified
    std::chrono::system_clock::time_point since{}; ///< when the process was started
    bool remains = false;                          ///< nobody holds it, but a dead holder's record is there

    [[nodiscard]] explicit operator bool() const noexcept { return pid != 0; }
};

/// The process `pid`, if it is alive and `still(stat)` is true after its pidfd was opened; else nobody. What /proc showed
/// in between was of the process that the pidfd holds, because it is alive at the end. `still` looks at the identity
/// once more, or compares the start time in `stat` (sys::process_stat). Throws startup_error if it cannot tell.
template <class Still>
[[nodiscard]] holder hold(pid_t pid, Still still)
{
    sys::unique_fd process(sys::pidfd_open(pid));
    if (!process) {
        if (errno == ESRCH || errno == EINVAL || errno == ENOENT) return {}; // none, or a thread
        throw startup_error(last_error(), "open process", std::to_string(pid));
    }
    const auto stat = sys::read_process_stat(pid);
    const bool same = stat && still(*stat);
    if (sys::readable_within(process.get(), std::chrono::nanoseconds::zero())) return {};
    if (!stat)
        throw startup_error(std::make_error_code(std::errc::permission_denied), "identify process", std::to_string(pid),
                            "/proc does not show it");
    if (!same) return {};
    return {pid, std::move(process), sys::wall_time(stat->start), false};
}

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
