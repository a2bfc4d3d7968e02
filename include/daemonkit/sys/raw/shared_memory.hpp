// SPDX-License-Identifier: BSL-1.0
// Processes that share their memory, clone(2) with CLONE_VM. No page table is copied, so a new process takes the same
// time however much memory there is. The processes also share the thread's control block, with errno and the C
// library's locks. So only one of them may use the C library; the other makes raw calls only (call.hpp), on a stack of
// its own.
#pragma once

#include "call.hpp"

#include <signal.h>

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

} // namespace daemonkit::sys
