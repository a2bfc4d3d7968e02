// SPDX-License-Identifier: BSL-1.0
// Actions for children of the daemon made by fork(2): such a child must not keep the daemon's lock, signal mask and
// descriptors. The child runs the actions before fork(2) returns there, pthread_atfork(3); they are async-signal-safe.
// Signals stay blocked in the child until then, because the daemon's handlers would consume them. posix_spawn(3),
// vfork(2) and clone(2) do not run the actions: see basic_daemon::child_mask(). Only the thread that called start()
// registers and removes actions.
#pragma once

#include "../compiled.hpp"
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
    using action = void (*)(long) noexcept; ///< in the child; async-signal-safe

    fork_handler() noexcept = default;
    /// Registers in_child(argument). On failure the object is false and errno is set; ENOBUFS: all 16 slots are in use.
    fork_handler(action in_child, long argument) noexcept;
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
        if (*this) *mine_ = slot{};
    }

    /// Whether it is set in this process.
    [[nodiscard]] explicit operator bool() const noexcept { return mine_ != nullptr && generation_ == generation; }

    /// Whether any action is registered in this process.
    [[nodiscard]] static bool any() noexcept
    {
        for (const auto& s : slots)
            if (s.in_child != nullptr) return true;
        return false;
    }

    /// Whether this process is a child made by fork(2), where the action has run.
    [[nodiscard]] bool ran() const noexcept { return generation_ != generation && mine_ != nullptr; }

    /// For an action: the object at the address that is its argument.
    template <class AnyObject>
    [[nodiscard]] static AnyObject& object_at(long argument) noexcept
    {
        return *reinterpret_cast<AnyObject*>(argument); // NOLINT(*-reinterpret-cast,*-int-to-ptr)
    }

    /// For an action: the signal mask of the child after fork(2), instead of the mask of the thread that forked.
    static void leave_with(const sigset_t& mask) noexcept { mask_after = mask; }

private:
    struct slot
    {
        action in_child;
        long argument;
    };
    static inline std::array<slot, 16> slots{};
    static inline bool prepared = false;   // once a process: its children inherit the handlers of pthread_atfork(3)
    static inline unsigned generation = 0; // of fork(2): what a parent has registered is none of its children's

    static inline thread_local sigset_t mask_after{};

    static void block_signals() noexcept
    {
        mask_after = current_mask();
        set_mask(all_signals());
    }
    static void unblock_signals() noexcept { set_mask(mask_after); }

    /// The last one that was registered runs first, as in a cleanup.
    static void run() noexcept;

    slot* mine_ = nullptr;
    unsigned generation_ = 0;
};

#if DAEMONKIT_DEFINES

[[gnu::noinline]] DAEMONKIT_INLINE fork_handler::fork_handler(action in_child, long argument) noexcept
{
    if (!prepared) {
        if (const int error = ::pthread_atfork(block_signals, unblock_signals, run); error != 0) {
            errno = error;
            return;
        }
        prepared = true;
    }
    for (auto& s : slots)
        if (s.in_child == nullptr) {
            s = slot{in_child, argument};
            mine_ = &s;
            generation_ = generation;
            return;
        }
    errno = ENOBUFS;
}

DAEMONKIT_INLINE void fork_handler::run() noexcept
{
    ++generation;
    for (auto s = slots.rbegin(); s != slots.rend(); ++s)
        if (const slot once = std::exchange(*s, slot{}); once.in_child != nullptr) once.in_child(once.argument);
    unblock_signals();
}

#endif

} // namespace daemonkit::sys
