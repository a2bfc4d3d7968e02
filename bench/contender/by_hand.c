// SPDX-License-Identifier: BSL-1.0
// The reference: a daemon written by hand for the one case, in C, with what any good daemon promises. It claims its pid
// file before it forks, forks twice, takes over nothing of its caller (descriptors, signals, directory, umask), says
// to the launcher through a pipe that it is ready or why not, and takes its pid file away at its end.
//
// What it does not promise, and daemonkit does, is in guards.h and guarded_*.h: with BENCH_GUARDED it promises that
// too, so that it can be told what a guarantee costs and what is lost on the way. It also has a verb more then: reload.
#define _GNU_SOURCE
#include "mark.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char* pid_file;
static int lock = -1;
static int channel = -1;
static int failure = 1; // exit status

/// In the launcher to its terminal, in the daemon to the launcher.
static void __attribute__((noreturn)) fail(const char* step)
{
    char text[256];
    const int size = snprintf(text, sizeof text, "cannot %s: %s\n", step, strerror(errno));
    if (write(channel != -1 ? channel : STDERR_FILENO, text, (size_t)size) != size) _exit(2);
    _exit(failure);
}

static int write_pid(void)
{
    char text[16];
    const int size = snprintf(text, sizeof text, "%d\n", (int)getpid());
    return ftruncate(lock, 0) != -1 && pwrite(lock, text, (size_t)size, 0) == size;
}

static pid_t read_pid(void)
{
    char text[16] = "";
    if (pread(lock, text, sizeof text - 1, 0) == -1) fail("read the pid file");
    return (pid_t)atoi(text);
}

#ifdef BENCH_GUARDED
#include "guards.h"

#include "guarded_reload.h"
#else
#include "unguarded.h"
#endif

/// Opens and locks the file that has this name when it is locked: whoever ends takes name and lock away together.
static void claim(void)
{
    guard_path();
    for (;;) {
        struct stat by_path, by_fd;
        lock = open(pid_file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
        if (lock == -1) fail("open the pid file");
        if (claim_lock() == -1) {
            if (errno != EAGAIN) fail("lock the pid file");
            printf("by_hand: already running (pid %d)\n", (int)read_pid());
            exit(0);
        }
        if (fstat(lock, &by_fd) == 0 && stat(pid_file, &by_path) == 0 && by_fd.st_ino == by_path.st_ino &&
            by_fd.st_dev == by_path.st_dev)
            break;
        close(lock);
    }
    guard_file();
}

/// In the launcher: what the daemon says, until it is ready or has closed the pipe.
static int wait_for_daemon(int ear, pid_t child)
{
    char text[256];
    ssize_t size = 0;
    guard_wait(ear);
    while ((size = read(ear, text, sizeof text)) == -1 && errno == EINTR) {}
    while (waitpid(child, NULL, 0) == -1 && errno == EINTR) {}
    if (size == sizeof(pid_t)) {
        pid_t daemon;
        memcpy(&daemon, text, sizeof daemon);
        printf("by_hand: started (pid %d)\n", (int)daemon);
        return 0;
    }
    fprintf(stderr, "by_hand: %.*s", size > 0 ? (int)size : 0, text);
    if (size <= 0) fputs("the daemon died before it was ready\n", stderr);
    return 1;
}

static void take_over_nothing(void)
{
    const struct rlimit no_core = {0, 0};
    unsigned first = STDERR_FILENO + 1;
    const int kept[] = {lock < channel ? lock : channel, lock < channel ? channel : lock, INT_MAX};
    for (unsigned i = 0; i < 3; ++i) {
        if (first < (unsigned)kept[i] && close_range(first, (unsigned)kept[i] - 1, 0) == -1) fail("close descriptors");
        first = (unsigned)kept[i] + 1;
    }
    for (int signal = 1; signal < NSIG; ++signal)
        if (signal != SIGKILL && signal != SIGSTOP) {
            const struct sigaction normal = {.sa_handler = SIG_DFL};
            sigaction(signal, &normal, NULL); // those that libc keeps for itself are refused
        }
    umask(022);
    if (chdir("/") == -1) fail("change to /");
    if (setrlimit(RLIMIT_CORE, &no_core) == -1) fail("switch core dumps off");
}

static int open_signals(void)
{
    sigset_t heard;
    sigemptyset(&heard);
    sigaddset(&heard, SIGTERM);
    sigaddset(&heard, SIGINT);
    sigaddset(&heard, SIGHUP);
    const int signals = signalfd(-1, &heard, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals == -1) fail("open a signalfd");
    sigprocmask(SIG_SETMASK, &heard, NULL);
    return signals;
}

static void open_null(void)
{
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null == -1) fail("open /dev/null");
    for (int fd = 0; fd <= STDERR_FILENO; ++fd)
        if (dup2(null, fd) == -1) fail("redirect to /dev/null");
    if (null > STDERR_FILENO) close(null);
}

/// Until the daemon is to stop.
static void serve(int signals)
{
    for (;;) {
        struct signalfd_siginfo heard[3]; // a stop is not behind reloads that come as fast as they are carried out
        struct pollfd wake = {signals, POLLIN, 0};
        const ssize_t size = poll(&wake, 1, -1) == 1 ? read(signals, heard, sizeof heard) : -1;
        for (ssize_t i = 0; (i + 1) * (ssize_t)sizeof heard[0] <= size; ++i)
            if (heard[i].ssi_signo != SIGHUP) return;
        if (size > 0) reload_here();
        guard_wake();
    }
}

/// In the daemon, which hears its signals before anybody knows its pid: the descriptor it hears them on.
static int publish(void)
{
    const int signals = open_signals();
    guard_limit(SIG_IGN);
    if (!write_pid()) fail("write the pid file");
    guard_limit(SIG_DFL);
    guard_identity();
    return signals;
}

static int start(void)
{
    int ends[2];
    sigset_t all, before;
    guard_caller();
    claim();
    if (open_channel(ends) == -1) fail("open a channel");
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    fflush(NULL);
    const pid_t child = fork_twice(ends[0], ends[1]);
    if (child == -1) fail("fork");
    if (child != 0) {
        close(ends[1]);
        guard_signals(&before);
        return wait_for_daemon(ends[0], child);
    }
    channel = ends[1];
    take_over_nothing();
    const int signals = publish();
    open_null();
    guard_ready();
    const pid_t self = getpid();
    if (write(channel, &self, sizeof self) != sizeof self) _exit(1);
    guard_release();
    close(channel);
    guard_memory();
    bench_ready();

    serve(signals);
    guard_end();
    return 0;
}

#ifdef BENCH_GUARDED
/// The same in the foreground.
static int run(void)
{
    claim();
    const int signals = publish();
    guard_ready();
    tell_ready();
    serve(signals);
    guard_end();
    return 0;
}
#endif

int main(int argc, char** argv)
{
    bench_main();
    pid_file = getenv("PID_FILE");
    const char* const verb = argc == 2 && pid_file != NULL ? argv[1] : "";
    if (strcmp(verb, "start") == 0) return start();
    if (strcmp(verb, "stop") == 0) return stop();
    if (strcmp(verb, "status") == 0) return status();
#ifdef BENCH_GUARDED
    if (strcmp(verb, "reload") == 0) return reload();
    if (strcmp(verb, "run") == 0) return run();
#endif
    fputs("Usage: PID_FILE=FILE by_hand start|stop|status\n", stderr);
    return 2;
}
