// SPDX-License-Identifier: BSL-1.0
// Actions for children of the daemon made by fork(2): such a child must not keep the daemon's lock, signal mask and
// descriptors. The child runs the actions before fork(2) returns there, pthread_atfork(3); they are async-signal-safe.
// Signals stay blocked in the child until then, because the daemon's handlers would consume them. posix_spawn(3),
// vfork(2) and clone(2) do not run the actions: see basic_daemon::child_mask(). Only the thread that called start()
// registers and removes actions.
#pragma once

#include "signal_mask.hpp"

#include <pthread.h>

#include <array>
#include <cerrno>
#include <utility>

namespace daemonkit::sys {

/// Registers an action for as long as this object lives.
class fork_handler
{
public:
    using action = void (*)(int) noexcept; ///< in the child; async-signal-safe

    fork_handler() noexcept = default;
    /// Registers in_child(argument). On failure the object is false and errno is set; ENOBUFS: all 16 slots are in use.
    [[gnu::noinline]] fork_handler(action in_child, int argument) noexcept
    {
        static const int failed = ::pthread_atfork(block_signals, unblock_signals, run);
        for (auto& s : slots)
            if (failed == 0 && s.in_child == nullptr) {
                s = slot{in_child, argument};
                mine_ = &s;
                generation_ = generation;
                return;
            }
        errno = failed != 0 ? failed : ENOBUFS;
    }
    /// Leaves `other` with nothing.
    fork_handler(fork_handler&& other) noexcept
        : mine_(std::exchange(other.mine_, nullptr)), generation_(other.generation_)
    {
    }
    /// Exchanges the two.
    fork_handler& operator=(fork_handler&& other) noexcept
    {
        std::swap(mine_, other.mine_);
        std::swap(generation_, other.generation_);
        return *this;
    }
    ~fork_handler()
    {
        if (mine_ != nullptr && !ran()) *mine_ = slot{};
    }

    [[nodiscard]] explicit operator bool() const noexcept { return mine_ != nullptr; } ///< whether it is set

    /// Whether this process is a child in which the action ran.
    [[nodiscard]] bool ran() const noexcept { return mine_ != nullptr && generation_ != generation; }

    /// For an action: the signal mask of the child after fork(2), instead of the mask of the thread that forked.
    static void leave_with(const sigset_t& mask) noexcept { mask_after = mask; }

    /// Runs the actions in a child that fork(2) did not make; each runs once.
    static void run_actions() noexcept
    {
        ++generation;
        for (auto& s : slots)
            if (const slot once = std::exchange(s, slot{}); once.in_child != nullptr) once.in_child(once.argument);
    }

private:
    struct slot
    {
        action in_child;
        int argument;
    };
    static inline std::array<slot, 16> slots{};
    static inline unsigned generation = 0; // grows in each child

    static inline thread_local sigset_t mask_after{};

    static void block_signals() noexcept
    {
        mask_after = current_mask();
        set_mask(all_signals());
    }
    static void unblock_signals() noexcept { set_mask(mask_after); }

    static void run() noexcept
    {
        run_actions();
        unblock_signals();
    }

    slot* mine_ = nullptr;
    unsigned generation_ = 0;
};

} // namespace daemonkit::sys
