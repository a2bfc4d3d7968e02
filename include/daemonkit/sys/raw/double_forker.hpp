// SPDX-License-Identifier: BSL-1.0
// The two forks of a daemon that leads no session.
#pragma once

#include "../death.hpp"
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
/// own. All signals are blocked. operator() returns 0 in the daemon, and in the launcher a pid, or -1 and errno.
///
/// Where a pidfd tells how a process has died, the intermediate process exits at once. The launcher has collected it,
/// `exit` is the pidfd of the daemon, and the pid is that of the daemon. Elsewhere the intermediate process stays, to
/// learn of the daemon's death: the pid is its own, and it calls watcher.prepare() and watcher.watch(daemon). In both
/// cases it calls watcher.fail(call) with errno instead if the system call `call` has failed, and exits.
///
/// The launcher is suspended until the intermediate process has exited, or prepare() or fail() has returned. That
/// process uses the launcher's stack meanwhile, so handlers of pthread_atfork(3) have the room that they have in
/// fork(2). It calls watch() on `stack`, because the launcher runs on. So watch() makes only raw calls and uses only its
/// own stack. `stack` must stay mapped in the launcher until the intermediate process was collected.
///
/// Where memory cannot be shared, all this is done by plain forks. Where it is shared, the descriptor table is too,
/// because the cost of a copy grows with the number of descriptors. That sharing ends before prepare() is called: the
/// intermediate process then has 0 to 2 and `kept`.
template <class Watcher>
class double_forker
{
public:
    double_forker(int kept, const Watcher& watcher, private_stack& stack, unique_fd& exit) noexcept
        : kept_(kept), watcher_(watcher), stack_(stack), exit_(exit), own_{.watcher = watcher}
    {
    }

    pid_t operator()() noexcept
    {
        if (!memory_can_be_shared()) return plainly();
        leaves_ = pidfd_tells_death();
        if (!leaves_ && (!has_close_range() || !stack_.map())) return plainly();
        const pid_t intermediate = in_shared_memory();
        if (intermediate > 0 && leaves_) {
            raw::retry(SYS_wait4, intermediate, raw::address(&status_));
            exit_.reset(own_.exit);
        }
        if (intermediate != -1) return intermediate > 0 && exit_ ? own_.daemon : intermediate;
        stack_.unmap();
        leaves_ = false;
        return errno == EINVAL || is_refusal(errno) ? plainly() : -1; // emulators, sandboxes
    }

    /// Whether the intermediate process has exited.
    [[nodiscard]] bool leaves() const noexcept { return leaves_; }
    /// Its wait status then; -1: unknown.
    [[nodiscard]] int wait_status() const noexcept { return status_; }

private:
    /// At the top of `stack`, or a member if the intermediate process leaves before the launcher goes on.
    struct shared
    {
        std::atomic<int> suspended{1};
        std::atomic<int>* launcher = &suspended; // what it waits for
        Watcher watcher;
        pid_t daemon = -1;
        int exit = -1;
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
        shared_ = leaves_ ? &own_ : make_shared();
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
        if (maker.leaves_ && daemon != -1) maker.leave(daemon);
        if (maker.prepare(daemon, call, true)) {
            maker.shared_->daemon = daemon;
            call_on(maker.stack_.top() - room, resume_and_watch, maker.shared_);
        }
        raw::exit(0);
    }

    /// In the intermediate process, which shares the descriptors of the launcher: leaves it the pidfd, and exits. Returns
    /// only if there is no pidfd: then this process has to stay. The daemon may have reported that it is ready.
    void leave(pid_t daemon) noexcept
    {
        const long opened = raw::pidfd_open(daemon);
        if (opened >= 0) {
            own_.daemon = daemon;
            own_.exit = static_cast<int>(opened);
            raw::exit(0);
        }
        leaves_ = false;
        if (!has_close_range() || !stack_.map()) {
            raw::kill(daemon, SIGKILL); // no process could end it, or learn of its end
            raw::retry(SYS_wait4, daemon);
            errno = static_cast<int>(-opened);
            watcher_.fail("pidfd_open");
            raw::exit(0);
        }
        shared_ = make_shared();
        shared_->launcher = &own_.suspended;
    }

    static void resume_and_watch(void* at_top, std::byte*) noexcept
    {
        auto& here = *static_cast<shared*>(at_top);
        here.launcher->store(0);
        raw::call(SYS_set_tid_address,
                  raw::address(&here.suspended)); // the launcher goes on: the kernel clears this one
        raw::call(SYS_futex, raw::address(here.launcher), FUTEX_WAKE, 1);
        raw::exit(here.watcher.watch(here.daemon));
    }

    [[nodiscard]] shared* make_shared() noexcept
    {
        return ::new (static_cast<void*>(stack_.top() - room)) shared{.watcher = watcher_};
    }

    static constexpr long room = (sizeof(shared) + 63) / 64 * 64;

    int kept_;
    Watcher watcher_;
    private_stack& stack_;
    unique_fd& exit_;
    bool leaves_ = false;
    int status_ = -1;
    shared own_;
    shared* shared_ = nullptr;
    stack_t alternate_{};
    std::jmp_buf here_;
};

} // namespace daemonkit::sys
