// SPDX-License-Identifier: BSL-1.0
// Forking twice as daemonkit does: the intermediate process has the memory of the launcher and, until the daemon has a
// copy, its descriptors, so that neither is copied twice; and it stays until the launcher has heard enough.
#pragma once

#include <linux/close_range.h>
#include <linux/futex.h>
#include <sched.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/rseq.h>
#include <sys/socket.h>
#include <sys/syscall.h>

static _Alignas(4096) char between_stack[65536];
static atomic_int between_holds;
static jmp_buf daemon_goes_on;
static int ends_between[2];
static stack_t alternate;

/// In the intermediate process: why there is no daemon.
static int tell(int mouth, const char* step, const char* reason)
{
    char text[256];
    const int size = snprintf(text, sizeof text, "cannot %s: %s\n", step, reason);
    return write(mouth, text, (size_t)size) == size ? 1 : 2;
}

/// The same, until the daemon has ended the channel, or the launcher has gone. If the launcher writes a byte, the
/// daemon is to end.
static int watch(int ear, int mouth, pid_t daemon)
{
    GUARANTEE("the launcher learns how a daemon died");
    close(ear);
    const int process = pidfd_open(daemon, 0);
    struct pollfd any[] = {{mouth, POLLIN, 0}, {process, POLLIN, 0}};
    int status = 0;
    char request;
    if (process == -1 || poll(any, 2, -1) < 1) return 1;
    if (any[1].revents == 0) {
        GUARANTEE("a signal that ends the launcher ends the daemon");
        const ssize_t size = recv(mouth, &request, 1, MSG_DONTWAIT);
        GUARANTEED();
        if (size != 1) return 0;
        kill(daemon, SIGTERM);
        if (poll(&any[1], 1, 1000) != 1) kill(daemon, SIGKILL);
    }
    return waitpid(daemon, &status, 0) == daemon ? tell(mouth, "start", strsignal(WTERMSIG(status))) : 1;
}

static int between(void* nothing)
{
    (void)nothing;
    const int ear = ends_between[0], mouth = ends_between[1];
    setsid();
    const pid_t daemon = fork();
    if (daemon == 0) {
        GUARANTEE("a large process detaches for the price of one fork");
        syscall(SYS_rseq, (char*)__builtin_thread_pointer() + __rseq_offset, sizeof(struct rseq), 0, RSEQ_SIG);
        GUARANTEED();
        if ((alternate.ss_flags & SS_DISABLE) == 0) sigaltstack(&alternate, NULL);
        _longjmp(daemon_goes_on, 1);
    }
    if (daemon == -1) return tell(mouth, "fork the second time", strerror(errno));
    GUARANTEE("a large process detaches for the price of one fork");
    if (close_range((unsigned)mouth + 1, ~0U, CLOSE_RANGE_UNSHARE) == -1) return 1;
    atomic_store(&between_holds, 0);
    syscall(SYS_futex, &between_holds, FUTEX_WAKE, 1);
    GUARANTEED();
    return watch(ear, mouth, daemon);
}

/// Returns in the launcher, and in the daemon with 0.
static pid_t fork_twice(int ear, int mouth)
{
    struct sigaction at_end;
    GUARANTEE("an inherited SIGCHLD that is ignored hides no death");
    sigaction(SIGCHLD, NULL, &at_end);
    if (at_end.sa_handler == SIG_IGN) signal(SIGCHLD, SIG_DFL);
    GUARANTEE("the caller's stack for signal handlers is the daemon's, too");
    sigaltstack(NULL, &alternate);
    GUARANTEED();
    ends_between[0] = ear;
    ends_between[1] = mouth;
    if (_setjmp(daemon_goes_on) != 0) return 0;
    atomic_store(&between_holds, 1);
    const pid_t child =
        clone(between, between_stack + sizeof between_stack, CLONE_VM | CLONE_FILES | CLONE_CHILD_CLEARTID | SIGCHLD,
              NULL, NULL, NULL, &between_holds);
    GUARANTEE("a large process detaches for the price of one fork");
    while (child != -1 && atomic_load(&between_holds) != 0) syscall(SYS_futex, &between_holds, FUTEX_WAIT, 1, NULL);
    GUARANTEED();
    return child;
}

/// In the daemon, when nobody waits for it any more: what it has of the stack between.
static void guard_memory(void)
{
    GUARANTEE("a large process detaches for the price of one fork");
    madvise(between_stack, sizeof between_stack, MADV_DONTNEED);
    GUARANTEED();
}
