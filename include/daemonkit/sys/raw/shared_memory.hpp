// SPDX-License-Identifier: BSL-1.0
// Processes that share their memory, clone(2) with CLONE_VM. No page table is copied, so a new process takes the same
// time however much memory there is. The processes also share the thread's control block, with errno and the C
// library's locks. So only one of them may use the C library; the other makes raw calls only (call.hpp), on a stack of
// its own.
#pragma once

#include "../descriptors.hpp"
#include "../process.hpp"
#include "../refusal.hpp"
#include "../signal_mask.hpp"
#include "call.hpp"

#include <linux/futex.h>
#include <sched.h>
#include <sys/mman.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csetjmp>
#include <cstddef>

#if __has_include(<sys/rseq.h>)
#include <sys/rseq.h>
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define DAEMONKIT_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define DAEMONKIT_SANITIZED 1
#endif
#endif

namespace daemonkit::sys {

/// Whether this is a sanitizer build. Sanitizers expect one stack for each thread.
#ifdef DAEMONKIT_SANITIZED
inline constexpr bool under_sanitizer = true;
#undef DAEMONKIT_SANITIZED
#else
inline constexpr bool under_sanitizer = false;
#endif

/// Whether the program runs under valgrind, which gives each process a memory of its own. Uses the client request
/// 0x1001, a sequence of instructions without effect elsewhere.
inline bool under_valgrind() noexcept
{
#if defined(__x86_64__) && defined(__LP64__)
    const unsigned long request[6] = {0x1001};
    unsigned long answer = 0; // NOLINT(misc-const-correctness): written below
    asm volatile("rolq $3, %%rdi; rolq $13, %%rdi; rolq $61, %%rdi; rolq $51, %%rdi; xchgq %%rbx, %%rbx"
                 : "+d"(answer)
                 : "a"(request)
                 : "cc", "memory");
    return answer != 0;
#elif defined(__aarch64__)
    const unsigned long request[6] = {0x1001};
    register unsigned long answer asm("x3") = 0;
    register const unsigned long* at asm("x4") = request;
    asm volatile("ror x12, x12, #3; ror x12, x12, #13; ror x12, x12, #51; ror x12, x12, #61; orr x10, x10, x10"
                 : "+r"(answer)
                 : "r"(at)
                 : "cc", "memory");
    return answer != 0;
#else
    return false;
#endif
}

/// Whether the processor keeps return addresses on a shadow stack. A new process starts with an empty one.
inline bool has_shadow_stack() noexcept
{
    unsigned long top = 0; // NOLINT(misc-const-correctness): written below
#if defined(__x86_64__) && defined(__LP64__)
    asm volatile("rdsspq %0" : "+r"(top)); // has no effect without a shadow stack
#endif
    return top != 0;
}

/// Whether two processes can share their memory here.
inline bool memory_can_be_shared() noexcept
{
    return raw::direct && !under_sanitizer && !under_valgrind() && !has_shadow_stack();
}

/// Registers the alternate signal stack again, which clone(2) with CLONE_VM removes.
inline void use_alternate_stack(const stack_t& alternate) noexcept
{
    if ((alternate.ss_flags & SS_DISABLE) == 0) raw::call(SYS_sigaltstack, raw::address(&alternate), 0);
}

/// A stack of whole pages: a process that has a copy can free the pages.
template <std::size_t StackSize>
struct alignas(4096) small_stack
{
    std::array<std::byte, StackSize> bytes;

    [[nodiscard]] void* top() noexcept { return bytes.data() + bytes.size(); }
    void free_pages() noexcept { raw::call(SYS_madvise, raw::address(bytes.data()), StackSize, MADV_DONTNEED); }
};

/// Calls function(argument) on another stack, and does not change the present one.
[[noreturn]] inline void run_on([[maybe_unused]] void* top, void (*function)(void*) noexcept, void* argument) noexcept
{
#if defined(__x86_64__) && defined(__LP64__)
    asm volatile("movq %0, %%rsp; xorl %%ebp, %%ebp; callq *%1" : : "r"(top), "r"(function), "D"(argument) : "memory");
#elif defined(__aarch64__)
    register void* x0 asm("x0") = argument;
    asm volatile("mov sp, %0; mov x29, xzr; blr %1" : : "r"(top), "r"(function), "r"(x0) : "memory");
#else
    function(argument);
#endif
    __builtin_unreachable();
}

#if __has_include(<sys/rseq.h>) && defined(RSEQ_SIG) && (defined(__x86_64__) || defined(__aarch64__))

/// Calls rseq(2) for the area that the C library uses for its thread.
inline void restartable_sequences(int flags) noexcept
{
    if (__rseq_size == 0) return;
    char* thread = nullptr;
#if defined(__x86_64__)
    asm("mov %%fs:0, %0" : "=r"(thread));
#else
    asm("mrs %0, tpidr_el0" : "=r"(thread));
#endif
    constexpr long original_size = 32; // of struct rseq; every kernel accepts it
    raw::call(SYS_rseq, raw::address(thread + __rseq_offset), original_size, flags, RSEQ_SIG);
}
inline void unregister_restartable_sequences() noexcept { restartable_sequences(RSEQ_FLAG_UNREGISTER); }
/// A process made by clone(2) with CLONE_VM has no registration, but the C library still assumes one. Without a new
/// one, sched_getcpu(3) would return an old processor number for ever.
inline void register_restartable_sequences() noexcept { restartable_sequences(0); }

#else

inline void unregister_restartable_sequences() noexcept {}
inline void register_restartable_sequences() noexcept {}

#endif

/// The stack of the intermediate process, which has no memory of its own. The daemon has a copy of the pages used.
inline small_stack<65536> intermediate_stack{}; // handlers of pthread_atfork(3) run on it, too

/// fork(2), setsid(2) and fork(2) at the cost of one fork(2), because the intermediate process has no memory of its
/// own. operator() returns 0 in the daemon. In the launcher it returns the pid of the intermediate process, or -1 and
/// errno. In the intermediate process either watch(daemon, resume) runs, or failed(call) with errno, where `call` is the
/// system call that failed. The launcher is suspended until `watch` calls resume(). After that `watch` makes only raw
/// calls and uses only its own stack. The intermediate process exits when the function returns. All signals are blocked.
///
/// Where memory cannot be shared, all this is done by plain forks. Where it is shared, the descriptor table is too,
/// because the cost of a copy grows with the number of descriptors. That sharing ends before `watch` runs: the
/// intermediate process then has 0 to 2 and `kept`.
template <class FailedFunction, class WatchFunction>
class double_forker
{
public:
    double_forker(int kept, FailedFunction failed, WatchFunction watch) noexcept
        : kept_(kept), failed_(failed), watch_(watch)
    {
    }

    pid_t operator()() noexcept
    {
        if (!memory_can_be_shared() || !has_close_range()) return plainly();
        const pid_t intermediate = in_shared_memory();
        const bool refused = intermediate == -1 && (errno == EINVAL || is_refusal(errno)); // emulators, sandboxes
        return refused ? plainly() : intermediate;
    }

private:
    pid_t plainly() noexcept
    {
        if (const pid_t intermediate = ::fork(); intermediate != 0) return intermediate;
        const char* call = nullptr;
        const pid_t daemon = make_daemon(call);
        if (daemon == 0) return 0;
        watch(daemon, call, false, [] {});
        exit_now(0);
    }

    /// In the intermediate process: makes the session and the daemon. `call`: the last system call.
    static pid_t make_daemon(const char*& call) noexcept
    {
        call = "setsid";
        if (new_session() == -1) return -1;
        call = "clone";
        return ::fork();
    }

    void watch(pid_t daemon, const char* call, bool shared, void (*resume)()) const noexcept
    {
        if (daemon == -1)
            failed_(call);
        else if (leave_descriptors(kept_, shared)) // otherwise it would never see that the launcher is gone
            watch_(daemon, resume);
    }

    [[gnu::noinline]] pid_t in_shared_memory() noexcept
    {
        // The daemon returns here, on its copy of this stack: the launcher is suspended below while that copy is made.
        if (_setjmp(here_) != 0) return 0;
        suspended.store(1);
        ::sigaltstack(nullptr, &alternate_);
        constexpr int flags = CLONE_VM | CLONE_FILES | CLONE_CHILD_CLEARTID | SIGCHLD;
        const pid_t intermediate =
            ::clone(run_intermediate, intermediate_stack.top(), flags, this, nullptr, nullptr, &suspended);
        // CLONE_CHILD_CLEARTID: the kernel clears it too when the intermediate process is killed.
        while (intermediate != -1 && suspended.load() != 0)
            raw::call(SYS_futex, raw::address(&suspended), FUTEX_WAIT, 1);
        return intermediate;
    }

    static int run_intermediate(void* self) noexcept
    {
        auto& in_launcher = *static_cast<double_forker*>(self);
        const double_forker maker = in_launcher; // the launcher's stack is not used after resume()
        use_alternate_stack(maker.alternate_);   // the daemon inherits it
        const char* call = nullptr;
        const pid_t daemon = make_daemon(call);
        if (daemon == 0) {
            register_restartable_sequences();
            _longjmp(in_launcher.here_, 1);
        }
        maker.watch(daemon, call, true, [] {
            suspended.store(0);
            raw::call(SYS_futex, raw::address(&suspended), FUTEX_WAKE, 1);
        });
        raw::exit(0);
    }

    static inline std::atomic<int> suspended{0};

    int kept_;
    FailedFunction failed_;
    WatchFunction watch_;
    stack_t alternate_{};
    std::jmp_buf here_{};
};

} // namespace daemonkit::sys
