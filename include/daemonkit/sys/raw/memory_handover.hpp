// SPDX-License-Identifier: BSL-1.0
// The launcher hands its whole memory over to a new process, the daemon, which continues in the same function. The
// launcher stays on a small stack of its own until it exits. No page table is copied, and no page is shared
// copy-on-write afterwards. So the handover takes the same time for gigabytes as for an empty process. clone(2) with
// CLONE_VM.
//
// The kernel keeps four things per thread, and the new process has to register them again:
// - the address of the C library's cached thread id, which the kernel clears when the thread ends: set_tid_address(2)
// - the list of robust mutexes: set_robust_list(2)
// - restartable sequences: rseq(2)
// - the alternate signal stack: sigaltstack(2)
#pragma once

#include "shared_memory.hpp"

#include <linux/prctl.h>

#include <cstddef>
#include <type_traits>

namespace daemonkit::sys {

/// What the kernel has registered for the C library's calling thread.
class library_thread
{
public:
    /// Reads the registrations. Returns 0 or an error number, of the system call in `call`; ENOTSUP without glibc, or in
    /// a kernel without PR_GET_TID_ADDRESS.
    int find(const char*& call) noexcept
    {
        const long self = raw::call(SYS_gettid);
        if (::sigaltstack(nullptr, &alternate_) == -1) alternate_.ss_flags = SS_DISABLE; // it was never changed, either
        call = "prctl";
        long result = raw::call(SYS_prctl, PR_GET_TID_ADDRESS, raw::address(static_cast<const void*>(&id_)));
        if (result == -EINVAL || (result == 0 && (id_ == nullptr || *id_ != self))) return ENOTSUP;
        if (result != 0) return static_cast<int>(-result);
        call = "get_robust_list";
        result =
            raw::call(SYS_get_robust_list, 0, raw::address(static_cast<const void*>(&mutexes_)), raw::address(&size_));
        return static_cast<int>(-result);
    }

    /// Removes the registrations from the calling kernel thread, so that its end changes nothing in memory.
    void leave() const noexcept
    {
        unregister_restartable_sequences();
        raw::call(SYS_set_robust_list, 0, static_cast<long>(size_));
        raw::call(SYS_set_tid_address, 0);
    }

    /// Registers everything for the calling kernel thread. If clone(2) got `id()`, the kernel has stored the new thread
    /// id there already.
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

/// operator() returns 0 in the new process, the daemon. The daemon is a child of the launcher, in a new session that it
/// does not lead. In the launcher operator() returns only on failure, with an error number. On success parked(daemon)
/// runs in the launcher, on a stack of its own. Everything else in memory belongs to the daemon by then, so `parked`
/// makes only raw calls, and it does not return. All signals are blocked in both processes.
template <class Parked>
class memory_handover
{
    static_assert(std::is_trivially_copyable_v<Parked>, "a launcher without memory owns nothing: no destructor runs");

public:
    explicit memory_handover(const Parked& parked) noexcept : parked_(parked) {}

    [[gnu::noinline]] int operator()() noexcept
    {
        if (const int found = thread_.find(call); found != 0) return found;
        if (const int back = _setjmp(here_); back != 0) return back == 1 ? 0 : error;
        run_on(launcher_stack.top(), run_launcher, this);
    }

    /// After a failure: the name of the system call that failed.
    [[nodiscard]] static const char* failed_call() noexcept { return call; }

private:
    [[noreturn]] static void run_launcher(void* self) noexcept
    {
        auto& on_old_stack = *static_cast<memory_handover*>(self);
        const Parked parked = on_old_stack.parked_;
        on_old_stack.thread_.leave();
        daemon = -1;
        error = ECHILD; // the reason if the intermediate process is killed
        call = "clone";
        // CLONE_VFORK suspends the launcher until the intermediate process has exited.
        const pid_t intermediate =
            ::clone(run_intermediate, intermediate_stack.top(), CLONE_VM | CLONE_VFORK | SIGCHLD, self);
        if (intermediate == -1)
            error = errno;
        else
            raw::retry(SYS_wait4, intermediate, 0, 0);
        if (daemon != -1) parked(daemon);
        on_old_stack.thread_.enter();
        _longjmp(on_old_stack.here_, 2);
    }

    /// In the intermediate process: makes the session, then the daemon in it. CLONE_PARENT makes the daemon a child of
    /// the launcher.
    static int run_intermediate(void* self) noexcept
    {
        if (new_session() == -1) {
            call = "setsid";
            error = errno;
            raw::exit(0);
        }
        // CLONE_PARENT_SETTID: the kernel stores the pid in `daemon` before the daemon runs, even if this process is
        // killed then.
        constexpr int flags =
            CLONE_VM | CLONE_PARENT | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD;
        pid_t* const id = static_cast<memory_handover*>(self)->thread_.id();
        if (::clone(run_daemon, daemon_stack.top(), flags, self, &daemon, nullptr, id) == -1) error = errno;
        raw::exit(0);
    }

    static int run_daemon(void* self) noexcept
    {
        auto& on_old_stack = *static_cast<memory_handover*>(self);
        on_old_stack.thread_.enter();
        _longjmp(on_old_stack.here_, 1);
    }

    static inline small_stack<65536> launcher_stack{}; // pages that are never used take no memory
    static inline small_stack<16384> daemon_stack{};
    static inline pid_t daemon = -1;
    static inline int error = 0;
    static inline const char* call = "";

    Parked parked_;
    library_thread thread_{};
    std::jmp_buf here_;
};

} // namespace daemonkit::sys
