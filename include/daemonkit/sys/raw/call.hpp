// SPDX-License-Identifier: BSL-1.0
// System calls without the C library, for a process that shares its memory with another one (shared_memory.hpp). They
// use no errno, no other part of the thread's control block and no lock. They return the kernel's value: -EINTR where
// the C library returns -1 and sets errno.
#pragma once

#include "../refusal.hpp"

#include <linux/sockios.h>
#include <linux/time_types.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <string_view>

namespace daemonkit::sys::raw {

// Local register variables: the GCC manual's way to pass asm operands in given registers.
#if defined(__x86_64__) && defined(__LP64__)

/// Whether call() bypasses the C library on this processor.
inline constexpr bool direct = true;

/// Makes the system call `number`. Returns its result, or a negative error number.
inline long call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0) noexcept
{
    const register long r10 asm("r10") = d;
    const register long r8 asm("r8") = e;
    const register long r9 asm("r9") = f;
    asm volatile("syscall"
                 : "+a"(number)
                 : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                 : "rcx", "r11", "memory");
    return number;
}

#elif defined(__aarch64__)

inline constexpr bool direct = true;

inline long call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0) noexcept
{
    const register long x8 asm("x8") = number;
    register long x0 asm("x0") = a;
    const register long x1 asm("x1") = b;
    const register long x2 asm("x2") = c;
    const register long x3 asm("x3") = d;
    const register long x4 asm("x4") = e;
    const register long x5 asm("x5") = f;
    asm volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
}

#else

inline constexpr bool direct = false;

inline long call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0) noexcept
{
    const long result = ::syscall(number, a, b, c, d, e, f);
    return result == -1 ? -errno : result;
}

#endif

/// A pointer as an argument of call().
inline long address(const void* p) noexcept { return reinterpret_cast<long>(p); } // NOLINT(*-reinterpret-cast)

/// Like call(), repeated as long as it returns -EINTR.
inline long retry(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0) noexcept
{
    for (;;)
        if (const long result = call(number, a, b, c, d, e); result != -EINTR) return result;
}

/// ppoll(2). `wait` null is no timeout; otherwise the kernel stores the time left in it.
inline long poll(pollfd* fds, unsigned long count, __kernel_timespec* wait, const sigset_t* mask = nullptr) noexcept
{
#ifdef SYS_ppoll_time64
    constexpr long number = SYS_ppoll_time64; // SYS_ppoll has times of 32 bits there
#else
    constexpr long number = SYS_ppoll;
#endif
    return call(number, address(fds), static_cast<long>(count), address(wait), address(mask), _NSIG / 8);
}

/// Sleeps for at most 10 milliseconds. After a poll() that failed, so that a loop around it does not spin.
inline void nap() noexcept
{
    const __kernel_old_timespec time{0, 10'000'000};
    call(SYS_nanosleep, address(&time), 0);
}

/// Collects a child that has exited. Returns its wait status; -1 if it still runs, or was already collected elsewhere.
inline int reap(pid_t child) noexcept
{
    int status = -1;
    return retry(SYS_wait4, child, address(&status), 1 /* WNOHANG */) == child ? status : -1;
}

inline void kill(pid_t child, int signal) noexcept { call(SYS_kill, child, signal); }

/// Sends one whole message. Returns its size or a negative error number. If the kernel has no memory for it, tries
/// again every millisecond, for one second. Where send(2) is refused, write(2) raises SIGPIPE if the receiver is gone.
inline long send(int fd, const void* data, std::size_t size) noexcept
{
    for (int tries = 0;; ++tries) {
        const long sent = retry(SYS_sendto, fd, address(data), static_cast<long>(size), MSG_NOSIGNAL);
        if (is_refusal(static_cast<int>(-sent))) return retry(SYS_write, fd, address(data), static_cast<long>(size));
        if ((sent != -ENOBUFS && sent != -ENOMEM) || tries == 1000) return sent;
        __kernel_timespec millisecond{0, 1'000'000};
        poll(nullptr, 0, &millisecond);
    }
}

/// Sends one message without waiting; it may be lost. Leaves most of the queue free: a receiver that was stopped reads
/// nothing, and later messages of send() must find room.
inline void send_if_read(int fd, const void* data, std::size_t size) noexcept
{
    int unread = 0;
    if (call(SYS_ioctl, fd, SIOCOUTQ, address(&unread)) == 0 && unread > 16384) return;
    call(SYS_sendto, fd, address(data), static_cast<long>(size), MSG_NOSIGNAL | MSG_DONTWAIT, 0, 0);
}

/// How many characters fit on a line of the terminal, TIOCGWINSZ of ioctl_tty(2); 0: it is no terminal.
inline unsigned columns(int fd) noexcept
{
    winsize size{};
    if (call(SYS_ioctl, fd, TIOCGWINSZ, address(&size)) != 0) return 0;
    return size.ws_col > 0 ? size.ws_col : 80;
}

/// Receives one message without waiting; where recv(2) is refused, by read(2), which waits. Returns its size, 0 if the
/// other end is closed, or a negative error number.
inline long receive(int fd, void* data, std::size_t size) noexcept
{
    const long got = retry(SYS_recvfrom, fd, address(data), static_cast<long>(size), MSG_DONTWAIT);
    if (!is_refusal(static_cast<int>(-got))) return got;
    return retry(SYS_read, fd, address(data), static_cast<long>(size));
}

inline long pidfd_open(pid_t pid) noexcept { return call(SYS_pidfd_open, pid, 0); }
inline void close(int fd) noexcept { call(SYS_close, fd); }

/// Writes all of `text`; stops at the first error.
inline void write(int fd, std::string_view text) noexcept
{
    while (!text.empty()) {
        const long n = retry(SYS_write, fd, address(text.data()), static_cast<long>(text.size()));
        if (n <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(n));
    }
}

struct signal_action // the kernel's struct sigaction; all zero is the default action
{
    unsigned long handler;
    unsigned long flags;
    unsigned long restorer;
    unsigned long mask[_NSIG / 8 / sizeof(long)];
};

inline void set_default(int signal) noexcept
{
    constexpr signal_action by_default{};
    call(SYS_rt_sigaction, signal, address(&by_default), 0, _NSIG / 8);
}

/// Resets handled signals to the default action, and keeps ignored ones ignored, as execve(2) does.
inline void default_handlers() noexcept
{
    for (int signal = 1; signal < _NSIG; ++signal) {
        signal_action now{};
        constexpr unsigned long ignored = 1;
        if (call(SYS_rt_sigaction, signal, 0, address(&now), _NSIG / 8) == 0 && now.handler > ignored)
            set_default(signal);
    }
}

inline void set_mask(const sigset_t& mask) noexcept
{
    call(SYS_rt_sigprocmask, SIG_SETMASK, address(&mask), 0, _NSIG / 8);
}

/// exit_group(2): ends the process at once.
[[noreturn]] inline void exit(int status) noexcept
{
    for (;;) call(SYS_exit_group, status);
}

/// Unmaps the memory that holds the stack of the caller, then ends the process: no stack is used in between.
[[noreturn]] inline void unmap_and_exit(void* memory, unsigned long size, int status) noexcept
{
#if defined(__x86_64__) && defined(__LP64__)
    asm volatile("syscall; movl %%edx, %%edi; movl %[exit], %%eax; syscall"
                 :
                 : "a"(static_cast<long>(SYS_munmap)), "D"(memory), "S"(size), "d"(status), [exit] "i"(SYS_exit_group)
                 : "rcx", "r11", "memory");
#elif defined(__aarch64__)
    register void* x0 asm("x0") = memory;
    register const unsigned long x1 asm("x1") = size;
    register const long x2 asm("x2") = status;
    register long x8 asm("x8") = SYS_munmap;
    asm volatile("svc #0; mov x0, x2; mov x8, %[exit]; svc #0"
                 : "+r"(x0), "+r"(x8)
                 : "r"(x1), "r"(x2), [exit] "i"(SYS_exit_group)
                 : "memory");
#else
    static_cast<void>(memory), static_cast<void>(size);
#endif
    exit(status);
}

} // namespace daemonkit::sys::raw
