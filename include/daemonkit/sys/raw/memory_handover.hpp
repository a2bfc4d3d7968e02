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

#include "../process.hpp"
#include "../refusal.hpp"
#include "private_stack.hpp"
#include "restartable_sequences.hpp"
#include "shared_memory.hpp"

#include <linux/prctl.h>
#include <sched.h>

#include <cerrno>
#include <csetjmp>
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

    /// Removes the registrations from the calling kernel thread, so that neither its life nor its end changes anything
    /// in memory. Returns 0, or an error number of rseq(2), and changes nothing then.
    [[nodiscard]] int leave() const noexcept
    {
        if (const int error = restartable_sequences::leave(); error != 0) return error;
        raw::call(SYS_set_robust_list, 0, static_cast<long>(size_));
        raw::call(SYS_set_tid_address, 0);
        return 0;
    }

    /// Registers everything for the calling kernel thread. If clone(2) got `id()`, the kernel has stored the new thread
    /// id there already.
    void enter() const noexcept
    {
        raw::call(SYS_set_tid_address, raw::address(id_));
        raw::call(SYS_set_robust_list, raw::address(mutexes_), static_cast<long>(size_));
        restartable_sequences::enter();
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
/// runs in the launcher, on a stack of its own; the launcher exits with its result. Everything else in memory belongs
/// to the daemon by then, so `parked` makes only raw calls. All signals are blocked in both processes.
template <class Parked>
class memory_handover
{
    static_assert(std::is_trivially_copyable_v<Parked>, "a launcher without memory owns nothing: no destructor runs");

public:
    explicit memory_handover(const Parked& parked) noexcept : parked_(parked) {}

    [[gnu::noinline]] int operator()() noexcept
    {
        if (const int found = thread_.find(call_); found != 0) return found;
        call_ = "mmap";
        if (!stack_.map()) return errno;
        if (_setjmp(here_) != 0) return 0;
        call_on(stack_.top(), run_launcher, this);
        stack_.unmap();
        return error_;
    }

    /// After a failure: the name of the system call that failed.
    [[nodiscard]] const char* failed_call() const noexcept { return call_; }

private:
    /// What launcher and intermediate process share, on the launcher's stack.
    struct attempt
    {
        memory_handover& whole;
        std::byte* old_stack; // unused below
        pid_t daemon = -1;
        int error = ECHILD; // the reason if the intermediate process is killed
        const char* call = "clone";
    };

    /// Returns on failure only.
    static void run_launcher(void* self, std::byte* old_stack) noexcept
    {
        attempt now{*static_cast<memory_handover*>(self), old_stack};
        const Parked parked = now.whole.parked_;
        const private_stack stack = now.whole.stack_;
        if (const int error = now.whole.thread_.leave(); error == 0) {
            // CLONE_VFORK suspends the launcher until the intermediate process has exited.
            const pid_t intermediate =
                ::clone(run_intermediate, stack.middle(), CLONE_VM | CLONE_VFORK | SIGCHLD, &now);
            if (intermediate == -1)
                now.error = errno;
            else
                raw::retry(SYS_wait4, intermediate, 0, 0);
            if (now.daemon != -1) stack.unmap_and_exit(parked(now.daemon));
            now.whole.thread_.enter();
        } else {
            now.call = "rseq";
            now.error = is_refusal(error) ? error : ENOTSUP;
        }
        now.whole.error_ = now.error;
        now.whole.call_ = now.call;
    }

    /// In the intermediate process: makes the session, then the daemon in it, on the old stack. CLONE_PARENT makes the
    /// daemon a child of the launcher.
    static int run_intermediate(void* attempted) noexcept
    {
        auto& now = *static_cast<attempt*>(attempted);
        if (new_session() == -1) {
            now.call = "setsid";
            now.error = errno;
            raw::exit(0);
        }
        // CLONE_PARENT_SETTID: the kernel stores the pid in `daemon` before the daemon runs, even if this process is
        // killed then.
        constexpr int flags =
            CLONE_VM | CLONE_PARENT | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD;
        if (::clone(run_daemon, now.old_stack, flags, &now.whole, &now.daemon, nullptr, now.whole.thread_.id()) == -1)
            now.error = errno;
        raw::exit(0);
    }

    static int run_daemon(void* self) noexcept
    {
        auto& whole = *static_cast<memory_handover*>(self);
        whole.thread_.enter();
        _longjmp(whole.here_, 1);
    }

    Parked parked_;
    library_thread thread_{};
    private_stack stack_{};
    int error_ = 0;
    const char* call_ = "";
    std::jmp_buf here_;
};

} // namespace daemonkit::sys
