// SPDX-License-Identifier: BSL-1.0
// The process that owns an instance, as another process finds it.
#pragma once

#include "require_cxx20.hpp"

#include "../compiled.hpp"
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

/// What PidPolicy::find() returns; false if no process owns the instance.
struct pid_holder
{
    pid_t pid = 0;            ///< 0: no process owns the instance
    sys::unique_fd process{}; ///< pidfd of the holder, opened before the holder was verified
    bool stale = false;       ///< no process owns the instance, but the record of a dead daemon exists
    bool starting = false;    ///< the daemon is not ready yet; without a pid: a start has not recorded it yet
    bool reloading = false;   ///< the daemon reloads
    bool stopping = false;    ///< the daemon has begun to stop

    [[nodiscard]] explicit operator bool() const noexcept { return pid != 0; } ///< whether there is one

    /// What /proc/PID/stat shows of the process. Empty if /proc hides it, or if the process has exited.
    [[nodiscard]] std::optional<sys::process_stat> stat() const;

    /// The start time of the process. Empty if /proc hides it, or if the process has exited.
    [[nodiscard]] std::optional<std::chrono::system_clock::time_point> since() const
    {
        if (const auto found = stat()) return sys::wall_time(found->start);
        return {};
    }
};

/// Opens the pidfd of `pid`, then verifies that it is the holder: `still(pidfd)` has to read the record again, or
/// compare what /proc shows of the process. Returns no holder if `still` returns false or the process exits. A process
/// that is alive after the check was alive during it, so `still` cannot have seen a later process with the same pid.
/// Throws startup_error if the pidfd cannot be opened, and what `still` throws.
[[nodiscard]] DAEMONKIT_INLINE pid_holder open_holder(pid_t pid, sys::function_ref<bool(int)> still);

/// Thrown by PidPolicy::claim() if a live daemon owns the instance.
class already_running : public startup_error
{
public:
    /// `where` is the place of the record.
    [[gnu::cold]] already_running(pid_t pid, std::string_view where)
        : already_running(pid, where, daemon_activity::none)
    {
    }

    /// The same, with what `daemon` does.
    [[gnu::cold]] already_running(const pid_holder& daemon, std::string_view where);

    [[nodiscard]] pid_t pid() const noexcept { return pid_; } ///< the pid of that daemon
    /// Whether that daemon is not ready yet.
    [[nodiscard]] bool starting() const noexcept { return does_ == daemon_activity::starts; }
    /// Whether that daemon has begun to stop.
    [[nodiscard]] bool stopping() const noexcept { return does_ == daemon_activity::stops; }

private:
    enum class daemon_activity { none, starts, stops };

    [[gnu::cold]] already_running(pid_t pid, std::string_view where, daemon_activity does);

    pid_t pid_;
    daemon_activity does_;
};

namespace detail {

[[noreturn, gnu::cold, gnu::noinline]] inline void refuse_held(const pid_holder& other, std::string_view where)
{
    throw already_running(other, where);
}

/// Throws already_running if there is a holder.
inline void refuse_if_held(const pid_holder& other, std::string_view where)
{
    if (other) refuse_held(other, where);
}

} // namespace detail

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE std::optional<sys::process_stat> pid_holder::stat() const
{
    const auto found = pid != 0 ? sys::read_process_stat(pid) : std::nullopt;
    if (!found || sys::has_exited(process.get())) return {};
    return found;
}

DAEMONKIT_INLINE pid_holder open_holder(pid_t pid, sys::function_ref<bool(int)> still)
{
    sys::unique_fd process(sys::pidfd_open(pid));
    if (!process) {
        if (errno == ESRCH || errno == EINVAL || errno == ENOENT) return {}; // no such process, or a thread
        detail::throw_call_error("pidfd_open", "open process", sys::joined({pid}));
    }
    if (!still(process.get())) return {};
    pid_holder found{pid, std::move(process)};
    return sys::has_exited(found.process.get()) ? pid_holder{} : std::move(found);
}

DAEMONKIT_INLINE already_running::already_running(const pid_holder& daemon, std::string_view where)
    : already_running(daemon.pid, where,
                      daemon.stopping   ? daemon_activity::stops
                      : daemon.starting ? daemon_activity::starts
                                        : daemon_activity::none)
{
}

DAEMONKIT_INLINE already_running::already_running(pid_t pid, std::string_view where, daemon_activity does)
    : startup_error(std::make_error_code(std::errc::device_or_resource_busy), "claim", where,
                    sys::joined({does == daemon_activity::stops    ? "it is stopping"
                                 : does == daemon_activity::starts ? "already starting"
                                                                   : "already running",
                                 " (pid ", pid, does == daemon_activity::stops ? "), and has not exited yet" : ")"})),
      pid_(pid), does_(does)
{
}

#endif

} // namespace daemonkit
