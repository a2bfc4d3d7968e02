// SPDX-License-Identifier: BSL-1.0
// Processes in one memory, clone(2) with CLONE_VM: no page table is copied, so that one is made in the same time
// however much memory there is. What they share beside the memory is the control block of the thread, with errno and
// the C library's locks: of two that run at once, one makes only raw calls (raw_call.hpp), on a stack of its own.
#pragma once

#include "../process.hpp"
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

/// Sanitizers keep books on one stack a thread.
#ifdef DAEMONKIT_SANITIZED
inline constexpr bool under_sanitizer = true;
#undef DAEMONKIT_SANITIZED
#else
inline constexpr bool under_sanitizer = false;
#endif

/// Whether valgrind carries the program out, which gives each process a memory: its client request 0x1001, a sequence
/// of instructions that does nothing elsewhere.
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

/// Whether the processor keeps return addresses on a stack of its own, which a new process has anew.
inline bool has_shadow_stack() noexcept
{
    unsigned long top = 0; // NOLINT(misc-const-correctness): written below
#if defined(__x86_64__) && defined(__LP64__)
    asm volatile("rdsspq %0" : "+r"(top)); // does nothing where there is none
#endif
    return top != 0;
}

inline bool memory_can_be_shared() noexcept
{
    return raw::direct && !under_sanitizer && !under_valgrind() && !has_shadow_stack();
}

/// clone(2) with CLONE_VM takes it away.
inline void use_alternate_stack(const stack_t& alternate) noexcept
{
    if ((alternate.ss_flags & SS_DISABLE) == 0) raw::call(SYS_sigaltstack, raw::address(&alternate), 0);
}

/// Whole pages, so that a process that has a copy can give it back.
template <std::size_t Size>
struct alignas(4096) small_stack
{
    std::array<std::byte, Size> bytes;

    [[nodiscard]] void* top() noexcept { return bytes.data() + bytes.size(); }
    void give_back() noexcept { raw::call(SYS_madvise, raw::address(bytes.data()), Size, MADV_DONTNEED); }
};

/// Goes on with function(argument) on another stack, and leaves this one as it is.
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

/// rseq(2) on what the C library has registered for its thread.
inline void restartable_sequences(int flags) noexcept
{
    if (__rseq_size == 0) return;
    char* thread = nullptr;
#if defined(__x86_64__)
    asm("mov %%fs:0, %0" : "=r"(thread));
#else
    asm("mrs %0, tpidr_el0" : "=r"(thread));
#endif
    constexpr long original_size = 32; // of struct rseq, which every kernel takes
    raw::call(SYS_rseq, raw::address(thread + __rseq_offset), original_size, flags, RSEQ_SIG);
}
inline void unregister_restartable_sequences() noexcept { restartable_sequences(RSEQ_FLAG_UNREGISTER); }
/// A process that was made in the memory of another has none, though the C library has one in its books and would tell
/// an old number of the processor for ever.
inline void register_restartable_sequences() noexcept { restartable_sequences(0); }

#else

inline void unregister_restartable_sequences() noexcept {}
inline void register_restartable_sequences() noexcept {}

#endif

/// Of a child in the middle, which has no memory of its own. Whoever that child makes has a copy of what it used.
inline small_stack<65536> middle_stack{}; // handlers of pthread_atfork(3) run on it, too

/// fork(2), setsid(2) and fork(2) for the price of one, because the process in the middle has no memory of its own:
/// returns in the grandchild with 0, and in the caller with the pid of the child in the middle, or -1 and errno.
/// There watch(grandchild, resume) runs, with -1 and errno if it could not be made; the caller stands still until
/// resume() is called, and after that `watch` makes only raw calls and touches nothing but its own stack. When it
/// returns, the child in the middle ends. All signals are blocked. Where memory cannot be shared it is a plain fork;
/// where it is, so are the descriptors, since a copy of the table would cost as much as they are many: `watch` takes
/// leave of them (leave_descriptors()) before resume().
template <class Watch>
class double_forker
{
public:
    explicit double_forker(Watch watch) noexcept : watch_(watch) {}

    pid_t operator()() noexcept
    {
        if (!memory_can_be_shared()) return plainly();
        const pid_t middle = in_one_memory();
        return middle == -1 && errno == EINVAL ? plainly() : middle; // as emulators have it
    }

private:
    pid_t plainly() noexcept
    {
        if (const pid_t middle = ::fork(); middle != 0) return middle;
        new_session();
        const pid_t grandchild = ::fork();
        if (grandchild == 0) return 0;
        watch_(grandchild, [] {});
        exit_now(0);
    }

    [[gnu::noinline]] pid_t in_one_memory() noexcept
    {
        // What the grandchild comes back to: its copy of this stack, as it is while the caller stands still below.
        if (_setjmp(here_) != 0) return 0;
        held.store(1);
        ::sigaltstack(nullptr, &alternate_);
        constexpr int flags = CLONE_VM | CLONE_FILES | CLONE_CHILD_CLEARTID | SIGCHLD;
        const pid_t middle = ::clone(run, middle_stack.top(), flags, this, nullptr, nullptr, &held);
        // The kernel clears it as well when the child in the middle is killed.
        while (middle != -1 && held.load() != 0) raw::call(SYS_futex, raw::address(&held), FUTEX_WAIT, 1);
        return middle;
    }

    static int run(void* self) noexcept
    {
        auto& maker = *static_cast<double_forker*>(self);
        auto watch = maker.watch_;
        use_alternate_stack(maker.alternate_); // for the grandchild, which inherits it
        new_session();
        const pid_t grandchild = ::fork();
        if (grandchild == 0) {
            register_restartable_sequences();
            _longjmp(maker.here_, 1);
        }
        watch(grandchild, [] {
            held.store(0);
            raw::call(SYS_futex, raw::address(&held), FUTEX_WAKE, 1);
        });
        raw::exit(0);
    }

    static inline std::atomic<int> held{0};

    Watch watch_;
    stack_t alternate_{};
    std::jmp_buf here_;
};

} // namespace daemonkit::sys
