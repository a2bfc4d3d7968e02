// SPDX-License-Identifier: BSL-1.0
// What a child made by fork() must not keep of the daemon: its lock, its signal mask, its descriptors. The child
// runs the registered actions before fork() returns there (pthread_atfork(3)); they are async-signal-safe. A signal
// for the child waits until they have run: the handlers of the daemon, which it still has, would swallow it.
// posix_spawn(3), vfork(2) and a bare clone(2) do not run them: see basic_daemon::child_mask() for those.
// Registered and dropped by the thread that runs the lifecycle.
#pragma once

#include "signal_mask.hpp"

#include <pthread.h>

#include <array>
#include <cerrno>
#include <utility>

namespace daemonkit::sys {

class fork_handler
{
public:
    using action = void (*)(int) noexcept;

    fork_handler() noexcept = default;
    /// Without effect, and errno, if it is false then; ENOBUFS: all slots are taken.
    [[gnu::noinline]] fork_handler(action in_child, int argument) noexcept
    {
        static const int failed = ::pthread_atfork(hold_signals, let_signals_in, run);
        for (auto& s : slots)
            if (failed == 0 && s.in_child == nullptr) {
                s = slot{in_child, argument};
                mine_ = &s;
                return;
            }
        errno = failed != 0 ? failed : ENOBUFS;
    }
    fork_handler(fork_handler&& other) noexcept : mine_(std::exchange(other.mine_, nullptr)) {}
    fork_handler& operator=(fork_handler&& other) noexcept
    {
        std::swap(mine_, other.mine_);
        return *this;
    }
    ~fork_handler()
    {
        if (mine_ != nullptr) *mine_ = slot{};
    }

    [[nodiscard]] explicit operator bool() const noexcept { return mine_ != nullptr; }

    /// For an action: the signal mask with which the child leaves fork(), if not that of the thread that forks.
    static void leave_with(const sigset_t& mask) noexcept { mask_after = mask; }

private:
    struct slot
    {
        action in_child;
        int argument;
    };
    static inline std::array<slot, 16> slots{};

    static inline thread_local sigset_t mask_after{};

    static void hold_signals() noexcept
    {
        mask_after = current_mask();
        set_mask(all_signals());
    }
    static void let_signals_in() noexcept { set_mask(mask_after); }

    static void run() noexcept
    {
        for (auto& s : slots)
            if (const slot once = std::exchange(s, slot{}); once.in_child != nullptr) once.in_child(once.argument);
        let_signals_in();
    }

    slot* mine_ = nullptr;
};

} // namespace daemonkit::sys
