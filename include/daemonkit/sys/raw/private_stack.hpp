// SPDX-License-Identifier: BSL-1.0
// A stack for code that must not run on the stack of its thread, and the switch to it.
#pragma once

#include "call.hpp"

#include <sys/mman.h>

#include <cerrno>
#include <cstddef>
#include <utility>

namespace daemonkit::sys {

/// The stack of a process that shares its memory with another one. Only code of this library runs on it, which needs
/// little. Nothing can access the pages below it, so an overflow ends the process instead of changing other memory. It
/// is unmapped explicitly: no destructor knows whether a process still runs on it.
class private_stack
{
public:
    /// mmap(2). Returns whether it has worked; if not, errno is set.
    bool map() noexcept
    {
        constexpr int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK;
        void* const memory = ::mmap(nullptr, guard + size, PROT_NONE, flags, -1, 0);
        if (memory == MAP_FAILED) return false; // NOLINT(*-cstyle-cast,*-int-to-ptr): a macro
        memory_ = static_cast<std::byte*>(memory);
        if (::mmap(memory_ + guard, size, PROT_READ | PROT_WRITE, flags | MAP_FIXED, -1, 0) == memory_ + guard)
            return true;
        const int error = errno;
        unmap();
        errno = error;
        return false;
    }

    /// In each process that has it mapped, once no process runs on it in that memory. Preserves errno.
    void unmap() noexcept
    {
        if (memory_ != nullptr) raw::call(SYS_munmap, raw::address(std::exchange(memory_, nullptr)), guard + size);
    }

    /// Unmaps the stack on which it is called, and ends the process.
    [[noreturn]] void unmap_and_exit(int status) const noexcept { raw::unmap_and_exit(memory_, guard + size, status); }

    [[nodiscard]] std::byte* top() const noexcept { return memory_ + guard + size; }
    /// For a second process, while the first one is suspended.
    [[nodiscard]] std::byte* middle() const noexcept { return memory_ + guard + size / 2; }

private:
    static constexpr long guard = 65536; // a multiple of every page size
    static constexpr long size = 262144; // pages that are never used take no memory

    std::byte* memory_ = nullptr;
};

/// Calls function(argument, below) on the stack that ends at `top`, and returns on the present one when it returns. The
/// present stack is unused below `below`; on x86-64 that is below the red zone.
#if __has_attribute(noipa)
[[gnu::noipa]] // callers must assume that it changes every register that a function may change
#endif
[[gnu::noinline]] inline void
call_on([[maybe_unused]] std::byte* top, void (*function)(void*, std::byte*) noexcept, void* argument) noexcept
{
#if defined(__x86_64__) && defined(__LP64__)
    asm volatile("movq %%rsp, %%r12; leaq -128(%%rsp), %%rsi; movq %%rax, %%rsp; callq *%%rdx; movq %%r12, %%rsp"
                 : "+D"(argument), "+a"(top), "+d"(function)
                 :
                 : "rcx", "rsi", "r8", "r9", "r10", "r11", "r12", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5",
                   "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "cc",
                   "memory");
#elif defined(__aarch64__)
    register void* x0 asm("x0") = argument;
    register std::byte* x9 asm("x9") = top;
    register auto x10 asm("x10") = function;
    asm volatile("mov x20, sp; mov x1, x20; mov sp, x9; blr x10; mov sp, x20"
                 : "+r"(x0), "+r"(x9), "+r"(x10)
                 :
                 : "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x11", "x12", "x13", "x14", "x15", "x16", "x17",
                   "x20", "x30", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v16", "v17", "v18", "v19", "v20",
                   "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31", "cc", "memory");
#else
    function(argument, top);
#endif
}

} // namespace daemonkit::sys
