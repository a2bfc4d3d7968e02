// SPDX-License-Identifier: BSL-1.0
// What a daemon does, as locks on its pid file. Every reader of the file can ask for them, also while the daemon is
// busy, and the kernel drops them with the process.
#pragma once

#include "../../compiled.hpp"
#include "pid_record.hpp"

#include <utility>

namespace daemonkit::detail {

// Beside starting_lock of pid_record.hpp.
inline constexpr sys::byte_range reloading_lock{2, 1}; ///< while the daemon reloads
inline constexpr sys::byte_range stopping_lock{3, 1};  ///< from when it begins to stop, in place of starting_lock

/// Finds it out by one call: a daemon has at most one of these locks.
DAEMONKIT_INLINE void find_activity(int file, pid_holder& daemon) noexcept;

/// In the daemon.
class activity
{
public:
    [[nodiscard]] bool has_started() const noexcept { return started_; } ///< whether started() was called

    void started(int file) noexcept
    {
        started_ = true;
        sys::unlock_bytes(file, starting_lock);
    }

    static void reloading(int file, bool begins) noexcept;

    void stopping(int file) noexcept;

    /// For a file that was claimed in place of another one.
    void repeat(int file) noexcept
    {
        if (started_) started(file);
        if (std::exchange(stopping_, false)) stopping(file);
    }

private:
    bool started_ = false;
    bool stopping_ = false;
};

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE void find_activity(int file, pid_holder& daemon) noexcept
{
    sys::byte_range lock{starting_lock.first, 3};
    if (sys::find_lock(file, lock) != 1) return;
    daemon.starting = lock.first <= starting_lock.first; // one lock with life_lock
    daemon.reloading = lock.first == reloading_lock.first;
    daemon.stopping = lock.first == stopping_lock.first;
}

DAEMONKIT_INLINE void activity::reloading(int file, bool begins) noexcept
{
    if (begins)
        (void)sys::lock_bytes(file, reloading_lock);
    else
        sys::unlock_bytes(file, reloading_lock);
}

DAEMONKIT_INLINE void activity::stopping(int file) noexcept
{
    if (std::exchange(stopping_, true)) return;
    if (!started_) sys::unlock_bytes(file, starting_lock);
    (void)sys::lock_bytes(file, stopping_lock);
}

#endif

} // namespace daemonkit::detail
