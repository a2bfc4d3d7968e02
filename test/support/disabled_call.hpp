// SPDX-License-Identifier: BSL-1.0
// A system call that fails from now on, or does nothing and succeeds: seccomp(2), in the calling process and its
// children.
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include <array>
#include <cstddef>

/// From here on the kernel answers this system call of this process and its children by `action`. If `first` is not -1,
/// only calls with this first argument. Sets no_new_privs only if an unprivileged process needs it.
inline bool answer_call(long call, unsigned action, long first)
{
    const auto number = static_cast<unsigned>(call);
    const auto argument = static_cast<unsigned>(first);
    std::array<sock_filter, 6> filter{{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, argument, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, action),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    }};
    if (first == -1) filter[2] = filter[4];
    const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
    const auto install = [&] { return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0UL, 0UL) == 0; };
    return install() || (::prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) == 0 && install());
}

/// The call returns -error, or 0, and does nothing.
inline bool disable_call(long call, unsigned error, long first = -1)
{
    return answer_call(call, SECCOMP_RET_ERRNO | error, first);
}

/// The call kills the process.
inline bool deadly_call(long call) { return answer_call(call, SECCOMP_RET_KILL_PROCESS, -1); }
