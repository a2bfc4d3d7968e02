// SPDX-License-Identifier: BSL-1.0
// What a system call can be made to answer: the errors that its man page and the kernel know for a correct program.
// Left out are errors that only a wrong program gets (EBADF, EFAULT, EINVAL) and errors that would be false statements
// (ESRCH for a live process, ENOENT for an existing file), after which no program can be right. Calls that cannot fail
// (getpid, umask, setsid of a fresh child, rt_sigaction, …) have none: the process can still be killed or signalled
// before and after them.
#pragma once

#include "call_names.hpp"

#ifdef __x86_64__

#include <fcntl.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

namespace daemonkit::testing::detail {

struct system_call
{
    long number = -1;
    std::array<unsigned long, 6> arguments{};
};

struct answer
{
    enum class kind {
        once,     ///< this call; the next one works again
        for_good, ///< this one and every later one of the same resource in every process: a full disk stays full
        cut_short ///< it transfers half of what it was asked to
    };
    kind how = kind::once;
    int error = 0;
};

/// Whether a lasting shortage of the resource that `error` names would fail this call too.
inline bool shares_resource(const system_call& call, int error)
{
    switch (call.number) {
    case SYS_openat:
        return error == EMFILE || error == ENFILE || (error == ENOSPC && (call.arguments[2] & O_CREAT) != 0);
    case SYS_socket:
    case SYS_socketpair:
    case SYS_accept4:
    case SYS_pidfd_open:
    case SYS_signalfd4:
    case SYS_pipe2: return error == EMFILE || error == ENFILE;
    case SYS_write: return error == ENOSPC && call.arguments[0] > 2;
    case SYS_mkdir: return error == ENOSPC;
    case SYS_brk:
    case SYS_mmap:
    case SYS_mremap: return error == ENOMEM;
    case SYS_clone:
    case SYS_clone3: return error == EAGAIN;
    default: return false;
    }
}

inline std::vector<answer> plausible(const system_call& call)
{
    const auto once = [](std::initializer_list<int> errors) {
        std::vector<answer> all;
        for (const int e : errors) all.push_back({answer::kind::once, e});
        return all;
    };
    const auto lasting = [&](std::initializer_list<int> errors, std::initializer_list<int> for_good) {
        auto all = once(errors);
        for (const int e : for_good) all.push_back({answer::kind::for_good, e});
        return all;
    };
    const auto or_short = [&](std::vector<answer> all) {
        all.push_back({answer::kind::cut_short, 0});
        return all;
    };
    const auto& [number, arguments] = call;
    switch (number) {
    case SYS_openat:
        if ((arguments[2] & O_CREAT) != 0)
            return lasting({EMFILE, ENFILE, EACCES, ENOMEM, EIO, EINTR, ENOSPC, EDQUOT, EROFS}, {EMFILE, ENOSPC});
        if ((arguments[2] & O_ACCMODE) != O_RDONLY)
            return lasting({EMFILE, ENFILE, EACCES, ENOMEM, EIO, EINTR, EROFS, EPERM}, {EMFILE});
        return lasting({EMFILE, ENFILE, EACCES, ENOMEM, EIO, EINTR}, {EMFILE, ENFILE});
    case SYS_newfstatat:
    case SYS_statx:
    case SYS_stat: return once({EIO, ENOMEM, EACCES, ESTALE});
    case SYS_fstat: return once({EIO, ENOMEM, ESTALE});
    case SYS_access:
    case SYS_faccessat: return once({EIO, ENOMEM, EACCES});
    case SYS_readlink:
    case SYS_readlinkat: return once({EIO, ENOMEM, EACCES});
    case SYS_getdents64: return once({EIO, ENOMEM});
    case SYS_mkdir: return lasting({EACCES, EPERM, EDQUOT, ENOSPC, EROFS, EMLINK, ENOMEM, EIO}, {ENOSPC});
    case SYS_rmdir: return once({EACCES, EPERM, EBUSY, EROFS, ENOTEMPTY, ENOMEM, EIO});
    case SYS_unlink: return once({EACCES, EPERM, EBUSY, EROFS, ENOMEM, EIO});
    case SYS_chmod:
    case SYS_fchmod:
    case SYS_fchown: return once({EPERM, EACCES, EROFS, EIO, ENOMEM});
    case SYS_utimensat: return once({EPERM, EACCES, EROFS, EIO});
    case SYS_ftruncate: return once({EINTR, EIO, EPERM, EROFS, EFBIG});
    case SYS_flock: return once({EINTR, ENOLCK, EWOULDBLOCK});
    case SYS_socket: return lasting({EMFILE, ENFILE, ENOBUFS, ENOMEM, EACCES, EAFNOSUPPORT}, {EMFILE});
    case SYS_socketpair: return lasting({EMFILE, ENFILE, ENOBUFS, ENOMEM, EAFNOSUPPORT}, {EMFILE});
    case SYS_bind: return once({EACCES, ENOMEM});
    case SYS_listen: return once({ENOBUFS});
    case SYS_connect: return once({EINTR, EAGAIN, EACCES, EPERM, ENOMEM});
    case SYS_accept4: return once({EINTR, EMFILE, ENFILE, ENOBUFS, ENOMEM, ECONNABORTED});
    case SYS_getsockopt: return once({ENOPROTOOPT, ENOMEM, EMFILE});
    case SYS_setsockopt: return once({ENOPROTOOPT, ENOMEM, EDOM});
    case SYS_clone:
    case SYS_clone3: return lasting({EAGAIN, ENOMEM}, {EAGAIN});
    case SYS_pidfd_open: return lasting({EMFILE, ENFILE, ENOMEM, ENODEV, EPERM, ENOSYS}, {EMFILE});
    case SYS_pidfd_send_signal: return once({EPERM, ENOMEM, ENOSYS});
    case SYS_write: {
        auto all = or_short(once({EINTR, EIO, ENOSPC, EDQUOT, EFBIG}));
        if (arguments[0] > 2) all.push_back({answer::kind::for_good, ENOSPC});
        return all;
    }
    case SYS_writev: return once({EINTR, EIO, ENOSPC, EDQUOT, EFBIG});
    case SYS_read: return once({EINTR, EIO});
    case SYS_pread64: return or_short(once({EINTR, EIO, ENOMEM}));
    case SYS_fsync:
    case SYS_fdatasync: return once({EINTR, EIO, ENOSPC, EDQUOT});
    // The descriptor is closed in any case: the call is made, and its answer replaced.
    case SYS_close: return once({EINTR, EIO, ENOSPC});
    case SYS_close_range: return once({ENOMEM, EMFILE, EPERM, ENOSYS});
    case SYS_dup2: return once({EINTR, EBUSY, EMFILE});
    case SYS_fcntl:
        return arguments[1] == F_DUPFD || arguments[1] == F_DUPFD_CLOEXEC ? once({EMFILE})
               : arguments[1] == F_SETLK || arguments[1] == F_SETLKW || arguments[1] == F_GETLK ||
                       arguments[1] == F_OFD_SETLK || arguments[1] == F_OFD_GETLK
                   ? once({EINTR, ENOLCK})
                   : once({});
    case SYS_chdir: return once({EACCES, EIO, ENOMEM});
    case SYS_prlimit64: return once({EPERM});
    case SYS_signalfd4: return lasting({EMFILE, ENFILE, ENOMEM, ENODEV}, {EMFILE});
    case SYS_pipe2: return lasting({EMFILE, ENFILE}, {EMFILE});
    case SYS_ppoll: return once({EINTR, ENOMEM});
    case SYS_recvfrom:
    case SYS_recvmsg: return once({EINTR, ENOMEM, ECONNRESET});
    case SYS_sendto:
    case SYS_sendmsg: return once({EINTR, ENOBUFS, ENOMEM});
    case SYS_wait4:
    case SYS_waitid: return once({EINTR});
    case SYS_uname: return once({EPERM, ENOSYS});
    case SYS_ioctl: return once({ENOTTY, EPERM, ENOSYS});
    case SYS_clock_nanosleep: return once({EINTR});
    case SYS_mmap:
    case SYS_mremap:
    case SYS_brk: return lasting({ENOMEM}, {ENOMEM});
    case SYS_mprotect: return once({ENOMEM, EACCES});
    default: return {};
    }
}

/// Whether no program that does anything works without this call: it is not refused by EPERM and ENOSYS.
inline bool is_basic(long call)
{
    switch (call) {
    case SYS_brk:
    case SYS_close:
    case SYS_exit_group:
    case SYS_futex:
    case SYS_getegid:
    case SYS_geteuid:
    case SYS_getgroups:
    case SYS_getpid:
    case SYS_getresgid:
    case SYS_getresuid:
    case SYS_gettid:
    case SYS_getuid:
    case SYS_mmap:
    case SYS_mprotect:
    case SYS_munmap:
    case SYS_newfstatat:
    case SYS_openat:
    case SYS_pread64:
    case SYS_read:
    case SYS_rt_sigaction:
    case SYS_rt_sigprocmask:
    case SYS_rt_sigreturn:
    case SYS_tgkill:
    case SYS_write: return true;
    default: return false;
    }
}

/// Whether the program must not even notice: a signal handler ran, half was transferred, close(2) returned an error,
/// the kernel had no memory for a message just then.
inline bool must_not_show(const system_call& call, const answer& given)
{
    return given.how == answer::kind::cut_short || given.error == EINTR || call.number == SYS_close ||
           call.number == SYS_sendto;
}

inline std::string describe(const answer& a)
{
    if (a.how == answer::kind::cut_short) return "half";
    return std::string(::strerrorname_np(a.error)) + (a.how == answer::kind::for_good ? " from here on" : "");
}

} // namespace daemonkit::testing::detail

#endif
