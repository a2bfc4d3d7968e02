// SPDX-License-Identifier: BSL-1.0
// The names of the system calls that daemons make.
#pragma once

#ifdef __x86_64__

#include <sys/syscall.h>

#include <map>
#include <string>

namespace daemonkit::testing::detail {

/// By their numbers.
inline const std::map<long, const char*>& call_names()
{
    static const std::map<long, const char*> names = {
#define DAEMONKIT_CALL(name) {SYS_##name, #name}
        DAEMONKIT_CALL(accept4),
        DAEMONKIT_CALL(access),
        DAEMONKIT_CALL(bind),
        DAEMONKIT_CALL(brk),
        DAEMONKIT_CALL(capget),
        DAEMONKIT_CALL(capset),
        DAEMONKIT_CALL(chdir),
        DAEMONKIT_CALL(chmod),
        DAEMONKIT_CALL(clock_nanosleep),
        DAEMONKIT_CALL(clone),
        DAEMONKIT_CALL(clone3),
        DAEMONKIT_CALL(close),
        DAEMONKIT_CALL(close_range),
        DAEMONKIT_CALL(connect),
        DAEMONKIT_CALL(dup2),
        DAEMONKIT_CALL(exit_group),
        DAEMONKIT_CALL(faccessat),
        DAEMONKIT_CALL(fchmod),
        DAEMONKIT_CALL(fchown),
        DAEMONKIT_CALL(fcntl),
        DAEMONKIT_CALL(fdatasync),
        DAEMONKIT_CALL(flock),
        DAEMONKIT_CALL(fstat),
        DAEMONKIT_CALL(fstatfs),
        DAEMONKIT_CALL(fsync),
        DAEMONKIT_CALL(ftruncate),
        DAEMONKIT_CALL(futex),
        DAEMONKIT_CALL(get_robust_list),
        DAEMONKIT_CALL(getdents64),
        DAEMONKIT_CALL(getegid),
        DAEMONKIT_CALL(geteuid),
        DAEMONKIT_CALL(getgroups),
        DAEMONKIT_CALL(getpid),
        DAEMONKIT_CALL(getrandom),
        DAEMONKIT_CALL(getresgid),
        DAEMONKIT_CALL(getresuid),
        DAEMONKIT_CALL(getsockopt),
        DAEMONKIT_CALL(getuid),
        DAEMONKIT_CALL(ioctl),
        DAEMONKIT_CALL(keyctl),
        DAEMONKIT_CALL(kill),
        DAEMONKIT_CALL(listen),
        DAEMONKIT_CALL(lseek),
        DAEMONKIT_CALL(madvise),
        DAEMONKIT_CALL(mkdir),
        DAEMONKIT_CALL(mkdirat),
        DAEMONKIT_CALL(mmap),
        DAEMONKIT_CALL(mprotect),
        DAEMONKIT_CALL(mremap),
        DAEMONKIT_CALL(munmap),
        DAEMONKIT_CALL(newfstatat),
        DAEMONKIT_CALL(openat),
        DAEMONKIT_CALL(pidfd_open),
        DAEMONKIT_CALL(pidfd_send_signal),
        DAEMONKIT_CALL(pipe2),
        DAEMONKIT_CALL(ppoll),
        DAEMONKIT_CALL(prctl),
        DAEMONKIT_CALL(pread64),
        DAEMONKIT_CALL(prlimit64),
        DAEMONKIT_CALL(read),
        DAEMONKIT_CALL(readlink),
        DAEMONKIT_CALL(readlinkat),
        DAEMONKIT_CALL(recvfrom),
        DAEMONKIT_CALL(recvmsg),
        DAEMONKIT_CALL(rmdir),
        DAEMONKIT_CALL(rseq),
        DAEMONKIT_CALL(rt_sigaction),
        DAEMONKIT_CALL(rt_sigprocmask),
        DAEMONKIT_CALL(rt_sigreturn),
        DAEMONKIT_CALL(rt_sigtimedwait),
        DAEMONKIT_CALL(sendmsg),
        DAEMONKIT_CALL(sendto),
        DAEMONKIT_CALL(set_robust_list),
        DAEMONKIT_CALL(set_tid_address),
        DAEMONKIT_CALL(setgroups),
        DAEMONKIT_CALL(setresgid),
        DAEMONKIT_CALL(setresuid),
        DAEMONKIT_CALL(setsid),
        DAEMONKIT_CALL(setsockopt),
        DAEMONKIT_CALL(setuid),
        DAEMONKIT_CALL(shutdown),
        DAEMONKIT_CALL(sigaltstack),
        DAEMONKIT_CALL(signalfd4),
        DAEMONKIT_CALL(socket),
        DAEMONKIT_CALL(socketpair),
        DAEMONKIT_CALL(stat),
        DAEMONKIT_CALL(statx),
        DAEMONKIT_CALL(umask),
        DAEMONKIT_CALL(uname),
        DAEMONKIT_CALL(unlink),
        DAEMONKIT_CALL(utimensat),
        DAEMONKIT_CALL(wait4),
        DAEMONKIT_CALL(waitid),
        DAEMONKIT_CALL(write),
        DAEMONKIT_CALL(writev),
#undef DAEMONKIT_CALL
    };
    return names;
}

/// "openat"; "call N" for a call that is not in the list.
inline std::string name_of(long call)
{
    const auto found = call_names().find(call);
    return found == call_names().end() ? "call " + std::to_string(call) : found->second;
}

} // namespace daemonkit::testing::detail

#endif
