// SPDX-License-Identifier: BSL-1.0
// rseq(2): the kernel keeps the number of the processor in memory of each thread, as long as that is registered.
#pragma once

#include "call.hpp"

#if __has_include(<sys/rseq.h>)
#include <sys/rseq.h>

#include <algorithm>
#endif

namespace daemonkit::sys {

#if __has_include(<sys/rseq.h>) && defined(RSEQ_SIG) && (defined(__x86_64__) || defined(__aarch64__))

/// The area that the C library has registered with rseq(2) for the calling thread.
class restartable_sequences
{
public:
    /// Removes the registration. Returns 0 or an error number: the kernel goes on to write to the area then.
    static int leave() noexcept { return registered() ? static_cast<int>(-call(RSEQ_FLAG_UNREGISTER)) : 0; }

    /// A process made by clone(2) with CLONE_VM has no registration, but the C library still assumes one. Without a new
    /// one, sched_getcpu(3) would return an old processor number for ever. If that fails, marks the area as the C
    /// library does: sched_getcpu(3) then asks the kernel.
    static void enter() noexcept
    {
        if (__rseq_size != 0 && *processor() != failed && call(0) != 0) *processor() = failed;
    }

private:
    static constexpr auto failed = static_cast<unsigned>(-2); // RSEQ_CPU_ID_REGISTRATION_FAILED

    static char* area() noexcept
    {
        char* thread = nullptr;
#if defined(__x86_64__)
        asm("mov %%fs:0, %0" : "=r"(thread));
#else
        asm("mrs %0, tpidr_el0" : "=r"(thread));
#endif
        return thread + __rseq_offset;
    }
    static volatile unsigned* processor() noexcept
    {
        return &reinterpret_cast<struct rseq*>(area())->cpu_id; // NOLINT(*-reinterpret-cast)
    }
    static bool registered() noexcept { return __rseq_size != 0 && static_cast<int>(*processor()) >= 0; }

    /// The kernel accepts only the size of the registration. The C library registers the size of the features that it
    /// reports, or that of the first struct rseq if that is larger.
    static long call(int flags) noexcept
    {
        const long size = std::max(__rseq_size, 32U);
        return raw::call(SYS_rseq, raw::address(area()), size, flags, RSEQ_SIG);
    }
};

#else

struct restartable_sequences
{
    static int leave() noexcept { return 0; }
    static void enter() noexcept {}
};

#endif

} // namespace daemonkit::sys
