// SPDX-License-Identifier: BSL-1.0
// The process that holds an instance, as another process finds it.
#pragma once

#include "require_cxx20.hpp"

#include "../sys/deadline.hpp"
#include "../sys/process.hpp"
#include "../sys/unique_fd.hpp"
#include "../text/function_ref.hpp"
#include "startup_error.hpp"

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>

namespace daemonkit {

struct pid_holder
{
    pid_t pid = 0;            ///< 0: nobody holds it
    sys::unique_fd process{}; ///< its pidfd, opened before the identity was verified
    bool stale = false;       ///< nobody holds it, but the record of a daemon that is gone is there

    [[nodiscard]] explicit operator bool() const noexcept { return pid != 0; }

    /// When the process was started; nothing if /proc hides it, or the process has exited meanwhile.
    [[nodiscard]] std::optional<std::chrono::system_clock::time_point> since() const
    {
        const auto stat = pid != 0 ? sys::read_process_stat(pid) : std::nullopt;
        if (!stat || sys::has_exited(process.get())) return {};
        return sys::wall_time(stat->start);
    }
};

/// The process `pid`, if it is alive and `still(pidfd)` is true after its pidfd was opened; else nobody. What `still` saw
/// was of the process that the pidfd holds, because that is alive at the end: it looks at the identity once more, or
/// compares what /proc says of the process. Throws startup_error if it cannot tell, and what `still` throws.
[[nodiscard]] inline pid_holder open_holder(pid_t pid, sys::function_ref<bool(int)> still)
{
    sys::unique_fd process(sys::pidfd_open(pid));
    if (!process) {
        if (errno == ESRCH || errno == EINVAL || errno == ENOENT) return {}; // none, or a thread
        throw_errno("open process", sys::joined({pid}));
    }
    if (!still(process.get())) return {};
    pid_holder found{pid, std::move(process)};
    return sys::has_exited(found.process.get()) ? pid_holder{} : std::move(found);
}

/// Thrown by claim() when a live daemon has the identity.
class already_running : public startup_error
{
public:
    [[gnu::cold]] already_running(pid_t pid, std::string_view where)
        : startup_error(std::make_error_code(std::errc::device_or_resource_busy), "claim", where,
                        sys::joined({"already running (pid ", pid, ")"})),
          pid_(pid)
    {
    }

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }

private:
    pid_t pid_;
};

namespace detail {

[[noreturn, gnu::cold, gnu::noinline]] inline void refuse_held(pid_t pid, std::string_view where)
{
    throw already_running(pid, where);
}

/// Throws already_running if there is a holder.
inline void refuse_if_held(const pid_holder& other, std::string_view where)
{
    if (other) refuse_held(other.pid, where);
}

} // namespace detail

} // namespace daemonkit
