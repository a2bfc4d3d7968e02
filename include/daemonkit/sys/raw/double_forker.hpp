// SPDX-License-Identifier: BSL-1.0
// The two forks of a daemon that leads no session.
#pragma once

#include "../descriptors.hpp"
#include "../process.hpp"
#include "../refusal.hpp"
#include "private_stack.hpp"
#include "restartable_sequences.hpp"
#include "shared_memory.hpp"

#include <linux/futex.h>
#include <sched.h>

#include <atomic>
#include <cerrno>
#include <csetjmp>
#include <cstddef>
#include <new>

namespace daemonkit::sys {

/// fork(2), setsid(2) and fork(2) at the cost of one fork(2), because the intermediate process has no memory of its
/// own. operator() returns 0 in the daemon. In the launcher it returns the pid of the intermediate process, or -1 and
/// errno. The intermediate process calls watcher.prepare() and watcher.watch(daemon), or watcher.fail(call) with errno,
/// where `call` is the system call that failed. It exits after that. All signals are blocked.
///
/// The launcher is suspended until prepare() or fail() has returned. The intermediate process uses the launcher's stack
/// meanwhile, so handlers of pthread_atfork(3) have the room that they have in fork(2). It calls watch() on `stack`,
/// because the launcher runs on. So watch() makes only raw calls and uses only its own stack. `stack` must stay mapped
/// in the launcher until the intermediate process was collected.
///
/// Where memory cannot be shared, all this is done by plain forks. Where it is shared, the descriptor table is too,
/// because the cost of a copy grows with the number of descriptors. That sharing ends before prepare() is called: the
/// intermediate process then has 0 to 2 and `kept`.
template <class Watcher>
class double_forker
{
public:
    double_forker(int kept, const Watcher& watcher, private_stack& stack) noexcept
        : kept_(kept), watcher_(watcher), stack_(stack)
    {
    }

    pid_t operator()() noexcept
    {
        if (!memory_can_be_shared() || !has_close_range() || !stack_.map()) return plainly();
        const pid_t intermediate = in_shared_memory();
        if (intermediate != -1) return intermediate;
        stack_.unmap();
        return errno == EINVAL || is_refusal(errno) ? plainly() : -1; // emulators, sandboxes
    }

private:
    /// At the top of `stack`.
    struct shared
    {
        std::atomic<int> suspended{1};
        Watcher watcher;
        pid_t daemon = -1;
    };

    pid_t plainly() noexcept
    {
        if (const pid_t intermediate = ::fork(); intermediate != 0) return intermediate;
        const char* call = nullptr;
        const pid_t daemon = make_daemon(call);
        if (daemon == 0) return 0;
        exit_now(prepare(daemon, call, false) ? watcher_.watch(daemon) : 0);
    }

    /// In the intermediate process: makes the session and the daemon. `call`: the last system call.
    static pid_t make_daemon(const char*& call) noexcept
    {
        call = "setsid";
        if (new_session() == -1) return -1;
        call = "clone";
        return ::fork();
    }

    /// Whether there is a daemon to watch. `shares_table`: it has the descriptor table of the launcher.
    [[nodiscard]] bool prepare(pid_t daemon, const char* call, bool shares_table) const noexcept
    {
        if (daemon == -1) {
            watcher_.fail(call);
            return false;
        }
        if (!leave_descriptors(kept_, shares_table)) return false; // it would never see that the launcher is gone
        watcher_.prepare();
        return true;
    }

    [[gnu::noinline]] pid_t in_shared_memory() noexcept
    {
        // The daemon returns here, on its copy of this stack: the launcher is suspended below while that copy is made.
        if (_setjmp(here_) != 0) return 0;
        ::sigaltstack(nullptr, &alternate_);
        shared_ = ::new (static_cast<void*>(stack_.top() - room)) shared{.watcher = watcher_};
        return make_intermediate();
    }

    [[gnu::noinline]] pid_t make_intermediate() noexcept
    {
        // The launcher needs a little of its stack, and the intermediate process takes the rest.
        constexpr long own = 4096;
        auto* const below = static_cast<std::byte*>(__builtin_frame_address(0)) - own;
        constexpr int flags = CLONE_VM | CLONE_FILES | CLONE_CHILD_CLEARTID | SIGCHLD;
        auto& suspended = shared_->suspended;
        const pid_t intermediate = ::clone(run_intermediate, below, flags, this, nullptr, nullptr, &suspended);
        // CLONE_CHILD_CLEARTID: the kernel clears it too when the intermediate process is killed.
        while (intermediate != -1 && suspended.load() != 0)
            raw::call(SYS_futex, raw::address(&suspended), FUTEX_WAIT, 1);
        return intermediate;
    }

    static int run_intermediate(void* self) noexcept
    {
        auto& maker = *static_cast<double_forker*>(self);
        use_alternate_stack(maker.alternate_); // the daemon inherits it
        const char* call = nullptr;
        const pid_t daemon = make_daemon(call);
        if (daemon == 0) {
            restartable_sequences::enter();
            _longjmp(maker.here_, 1);
        }
        if (maker.prepare(daemon, call, true)) {
            maker.shared_->daemon = daemon;
            call_on(maker.stack_.top() - room, resume_and_watch, maker.shared_);
        }
        raw::exit(0);
    }

    static void resume_and_watch(void* at_top, std::byte*) noexcept
    {
        auto& here = *static_cast<shared*>(at_top);
        here.suspended.store(0);
        raw::call(SYS_futex, raw::address(&here.suspended), FUTEX_WAKE, 1);
        raw::exit(here.watcher.watch(here.daemon));
    }

    static constexpr long room = (sizeof(shared) + 63) / 64 * 64;

    int kept_;
    Watcher watcher_;
    private_stack& stack_;
    shared* shared_ = nullptr;
    stack_t alternate_{};
    std::jmp_buf here_;
};

} // namespace daemonkit::sys
