// SPDX-License-Identifier: BSL-1.0
// A process gives its memory, whole, to a new one, which goes on where the old one was; that stays behind on a small
// stack until it has nothing more to do. No page table is copied and no page is shared copy-on-write afterwards, so
// that it takes the same time for gigabytes as for nothing. clone(2) with CLONE_VM.
//
// Four things are bound to the kernel's thread and have to go along: the C library's cached thread id, which
// the kernel clears in memory at a thread's end (set_tid_address(2)), the list of robust mutexes
// (set_robust_list(2)), restartable sequences (rseq(2)) and the alternate signal stack (sigaltstack(2)).
#pragma once

#include "shared_memory.hpp"

#include <linux/prctl.h>

#include <cstddef>
#include <type_traits>

namespace daemonkit::sys {

/// The thread of the C library that the calling one is.
class library_thread
{
public:
    /// false: it is not to be found, as without glibc, or in a kernel without PR_GET_TID_ADDRESS.
    bool find() noexcept
    {
        const long self = raw::call(SYS_gettid);
        ::sigaltstack(nullptr, &alternate_);
        return raw::call(SYS_prctl, PR_GET_TID_ADDRESS, raw::address(static_cast<const void*>(&id_))) == 0 &&
               id_ != nullptr && *id_ == self &&
               raw::call(SYS_get_robust_list, 0, raw::address(static_cast<const void*>(&mutexes_)),
                         raw::address(&size_)) == 0;
    }

    /// The kernel's thread that calls does not touch it any more.
    void leave() const noexcept
    {
        unregister_restartable_sequences();
        raw::call(SYS_set_robust_list, 0, static_cast<long>(size_));
        raw::call(SYS_set_tid_address, 0);
    }

    /// The kernel's thread that calls is it; where that was made with `id()`, the kernel has written its number there.
    void enter() const noexcept
    {
        raw::call(SYS_set_tid_address, raw::address(id_));
        raw::call(SYS_set_robust_list, raw::address(mutexes_), static_cast<long>(size_));
        register_restartable_sequences();
        use_alternate_stack(alternate_);
    }

    [[nodiscard]] pid_t* id() const noexcept { return id_; }

private:
    pid_t* id_ = nullptr;
    void* mutexes_ = nullptr;
    stack_t alternate_{};
    std::size_t size_ = 0;
};

/// operator() returns in the heir, a new process in a new session that it does not lead, with 0; in the caller only if
/// none could be made, with an error number. Else stay(heir) runs in the caller, on a stack of its own beside the heir,
/// to which everything in memory belongs: `stay` makes raw calls and does not return. The heir is a child of the
/// caller, and all signals are blocked in both.
template <class Stay>
class memory_handover
{
    static_assert(std::is_trivially_copyable_v<Stay>, "what stays behind owns nothing in the memory it has given away");

public:
    explicit memory_handover(const Stay& stay) noexcept : stay_(stay) {}

    [[gnu::noinline]] int operator()() noexcept
    {
        if (!thread_.find()) return ENOTSUP;
        if (const int back = _setjmp(here_); back != 0) return back == 1 ? 0 : error;
        run_on(origin_stack.top(), remain, this);
    }

private:
    [[noreturn]] static void remain(void* self) noexcept
    {
        auto& on_old_stack = *static_cast<memory_handover*>(self);
        const Stay stay = on_old_stack.stay_;
        on_old_stack.thread_.leave();
        heir = -1;
        error = ECHILD; // whoever kills the one in the middle
        // It stands still until the process in the middle has gone.
        const pid_t middle = ::clone(bequeath, middle_stack.top(), CLONE_VM | CLONE_VFORK | SIGCHLD, self);
        if (middle == -1)
            error = errno;
        else
            raw::retry(SYS_wait4, middle, 0, 0);
        if (heir != -1) stay(heir);
        on_old_stack.thread_.enter();
        _longjmp(on_old_stack.here_, 2);
    }

    /// In the process in the middle, which makes the session and leaves it to a child of the caller's.
    static int bequeath(void* self) noexcept
    {
        new_session();
        // The kernel says in `heir` that there is one, before that runs and whatever becomes of this process.
        constexpr int flags =
            CLONE_VM | CLONE_PARENT | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD;
        pid_t* const id = static_cast<memory_handover*>(self)->thread_.id();
        if (::clone(inherit, heir_stack.top(), flags, self, &heir, nullptr, id) == -1) error = errno;
        raw::exit(0);
    }

    static int inherit(void* self) noexcept
    {
        auto& on_old_stack = *static_cast<memory_handover*>(self);
        on_old_stack.thread_.enter();
        _longjmp(on_old_stack.here_, 1);
    }

    static inline small_stack<65536> origin_stack{}; // with the pages that nobody touches it costs nothing
    static inline small_stack<16384> heir_stack{};
    static inline pid_t heir = -1;
    static inline int error = 0;

    Stay stay_;
    library_thread thread_{};
    std::jmp_buf here_;
};

} // namespace daemonkit::sys
