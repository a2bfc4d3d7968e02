// SPDX-License-Identifier: BSL-1.0
// Four ways to detach, written by hand, each with what a daemon promises afterwards: a session of its own, nothing of
// the caller's descriptors, signals, directory and umask, and a launcher that exits when it hears that the daemon is
// ready. They differ in how many times the page tables of the launcher are copied: once, twice, once, never. guarded.h
// has the last two again, with what daemonkit guarantees beside that.
#define _GNU_SOURCE
#include "by_hand.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/rseq.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct subject_descriptors kept;
static int channel[2];
static sigset_t mask;

static void __attribute__((noreturn)) fail(const char* step)
{
    perror(step);
    _exit(1);
}

static void close_all_but(int a, int b, int c)
{
    // Three numbers in ascending order, and what is between them goes.
    const int low = a < b ? (a < c ? a : c) : (b < c ? b : c);
    const int high = a > b ? (a > c ? a : c) : (b > c ? b : c);
    const int middle = a + b + c - low - high;
    const int kept_in_order[] = {STDERR_FILENO, low, middle, high};
    for (int i = 0; i < 3; ++i)
        if (kept_in_order[i] + 1 < kept_in_order[i + 1])
            close_range((unsigned)kept_in_order[i] + 1, (unsigned)kept_in_order[i + 1] - 1, 0);
    close_range((unsigned)high + 1, ~0U, 0);
}

static void usual_signals(void)
{
    const struct sigaction usual = {.sa_handler = SIG_DFL};
    for (int signal = 1; signal < NSIG; ++signal) sigaction(signal, &usual, NULL);
}

/// In the daemon, all of its life.
static void __attribute__((noreturn)) live(void)
{
    const struct rlimit no_core = {0, 0};
    close_all_but(channel[1], kept.report, kept.launcher);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    umask(022);
    if (setrlimit(RLIMIT_CORE, &no_core) == -1) fail("setrlimit");
    if (chdir("/") == -1) fail("chdir");
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd <= STDERR_FILENO; ++fd)
        if (dup2(null, fd) == -1) fail("dup2");
    close(null);
    subject_initialises();
    const pid_t self = getpid();
    if (write(channel[1], &self, sizeof self) != sizeof self) _exit(1);
    close(channel[1]);
    subject_serves();
    _exit(0);
}

/// In the launcher.
static int wait_for_daemon(void)
{
    pid_t daemon = 0;
    close(channel[1]);
    if (read(channel[0], &daemon, sizeof daemon) != sizeof daemon) return 1;
    return 0;
}

static int one_fork(void)
{
    const pid_t child = fork();
    if (child == -1) fail("fork");
    if (child != 0) return wait_for_daemon();
    subject_runs();
    setsid();
    usual_signals();
    live();
}

static int two_forks(void)
{
    const pid_t child = fork();
    if (child == -1) fail("fork");
    if (child != 0) return wait_for_daemon();
    setsid();
    const pid_t daemon = fork();
    if (daemon == -1) fail("fork the second time");
    if (daemon != 0) _exit(0);
    subject_runs();
    usual_signals();
    live();
}

// A child that shares its parent's memory needs a stack of its own.
static _Alignas(16) char small_stack[65536];

static int fork_from_between(void* nothing)
{
    (void)nothing;
    setsid();
    const pid_t daemon = fork();
    if (daemon == 0) {
        subject_runs();
        usual_signals();
        live();
    }
    return daemon == -1;
}

/// The intermediate process shares the memory and the launcher stands still until it has exited, as with vfork(2).
static int shared_intermediate(void)
{
    if (clone(fork_from_between, small_stack + sizeof small_stack, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL) == -1)
        fail("clone");
    return wait_for_daemon();
}

static int* thread_id; // where libc keeps that of its only thread

static void* rseq_area(void) { return (char*)__builtin_thread_pointer() + __rseq_offset; }

static int live_in_the_same_memory(void* nothing)
{
    (void)nothing;
    subject_runs();
    syscall(SYS_rseq, rseq_area(), sizeof(struct rseq), 0, RSEQ_SIG);
    setsid();
    usual_signals();
    live();
}

/// The daemon has the memory and a new stack; the launcher only waits, and its end must not be written into the memory:
/// no thread id to clear, no list of locks, no restartable sequences.
static int hand_over(void)
{
    const size_t size = 8 << 20;
    char* const stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED) fail("mmap");
    if (prctl(PR_GET_TID_ADDRESS, &thread_id) == -1) fail("prctl");
    syscall(SYS_rseq, rseq_area(), sizeof(struct rseq), RSEQ_FLAG_UNREGISTER, RSEQ_SIG);
    syscall(SYS_set_tid_address, NULL);
    syscall(SYS_set_robust_list, NULL, 3 * sizeof(long));
    if (clone(live_in_the_same_memory, stack + size, CLONE_VM | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD,
              NULL, NULL, NULL, thread_id) == -1)
        fail("clone");
    _exit(wait_for_daemon());
}

#include "guarded.h"

int detach_by_hand(const char* way, struct subject_descriptors descriptors)
{
    static const struct
    {
        const char* name;
        int (*detach)(void);
    } ways[] = {{"one_fork", one_fork},
                {"two_forks", two_forks},
                {"shared_intermediate", shared_intermediate},
                {"hand_over", hand_over},
                {"shared_intermediate_guarded", shared_intermediate_guarded},
                {"hand_over_guarded", hand_over_guarded}};
    sigset_t all;
    sigfillset(&all);
    kept = descriptors;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; ++i) {
        if (strcmp(way, ways[i].name) != 0) continue;
        subject_asks();
        if (strstr(way, "guarded") != NULL)
            guard_caller();
        else if (pipe2(channel, O_CLOEXEC) == -1)
            fail("pipe2");
        sigprocmask(SIG_SETMASK, &all, &mask);
        fflush(NULL);
        return ways[i].detach();
    }
    return -1;
}
