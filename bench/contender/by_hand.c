// SPDX-License-Identifier: BSL-1.0
// The limit: a daemon written by hand for the one case, in C, with what any good daemon promises. It claims its pid
// file before it forks, forks twice, takes over nothing of its caller (descriptors, signals, directory, umask), says
// to the origin through a pipe that it is ready or why not, and takes its pid file away at its end.
//
// What it does not promise, and daemonkit does, is in guards.h: with BENCH_GUARDED it promises that too, so that it can
// be told what a guarantee costs and what is lost on the way.
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

/// In the origin to its terminal, in the daemon to the origin.
static void __attribute__((noreturn)) fail(const char* step)
{
    char text[256];
    const int size = snprintf(text, sizeof text, "cannot %s: %s\n", step, strerror(errno));
    if (write(channel != -1 ? channel : STDERR_FILENO, text, (size_t)size) != size) _exit(2);
    _exit(1);
}

static pid_t read_pid(void)
{
    char text[16] = "";
    if (pread(lock, text, sizeof text - 1, 0) == -1) fail("read the pid file");
    return (pid_t)atoi(text);
}

#ifdef BENCH_GUARDED
#include "guards.h"
#else
static void guard_caller(void) {}
static void guard_path(void) {}
static void guard_file(void) {}
static void guard_wait(int ear, pid_t child) { (void)ear, (void)child; }
static void guard_release(int ear) { (void)ear; }
static void watch(int ear, pid_t daemon) { (void)ear, (void)daemon; }
static void guard_identity(void) {}
#endif

/// Opens and locks the file that has this name when it is locked: whoever ends takes name and lock away together.
static void claim(void)
{
    guard_path();
    for (;;) {
        struct stat by_path, by_fd;
        lock = open(pid_file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
        if (lock == -1) fail("open the pid file");
        struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        if (fcntl(lock, F_OFD_SETLK, &whole) == -1) {
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

/// In the origin: what the daemon says, until it is ready or has closed the pipe.
static int wait_for_daemon(int ear, pid_t child)
{
    char text[256];
    ssize_t size = 0;
    guard_wait(ear, child);
    while ((size = read(ear, text, sizeof text)) == -1 && errno == EINTR) {}
    guard_release(ear);
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

static void publish(void)
{
    char text[16];
    const int size = snprintf(text, sizeof text, "%d\n", (int)getpid());
    if (ftruncate(lock, 0) == -1 || pwrite(lock, text, (size_t)size, 0) != size) fail("write the pid file");
}

static void open_null(void)
{
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null == -1) fail("open /dev/null");
    for (int fd = 0; fd <= STDERR_FILENO; ++fd)
        if (dup2(null, fd) == -1) fail("redirect to /dev/null");
    if (null > STDERR_FILENO) close(null);
}

static int start(void)
{
    int ends[2];
    sigset_t all, heard, before;
    guard_caller();
    claim();
    if (pipe2(ends, O_CLOEXEC) == -1) fail("open a pipe");
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    fflush(NULL);
    const pid_t child = fork();
    if (child == -1) fail("fork");
    if (child != 0) {
        close(ends[1]);
        sigprocmask(SIG_SETMASK, &before, NULL);
        return wait_for_daemon(ends[0], child);
    }
    channel = ends[1];
    setsid();
    const pid_t daemon = fork();
    if (daemon == -1) fail("fork the second time");
    if (daemon != 0) {
        watch(ends[0], daemon);
        _exit(0);
    }

    take_over_nothing();
    sigemptyset(&heard);
    sigaddset(&heard, SIGTERM);
    sigaddset(&heard, SIGINT);
    sigaddset(&heard, SIGHUP);
    const int signals = signalfd(-1, &heard, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals == -1) fail("open a signalfd");
    sigprocmask(SIG_SETMASK, &heard, NULL);
    publish();
    guard_identity();
    open_null();
    const pid_t self = getpid();
    if (write(channel, &self, sizeof self) != sizeof self) _exit(1);
    close(channel);
    bench_ready();

    for (;;) {
        struct signalfd_siginfo info;
        struct pollfd wake = {signals, POLLIN, 0};
        if (poll(&wake, 1, -1) == 1 && read(signals, &info, sizeof info) == sizeof info && info.ssi_signo != SIGHUP)
            break;
    }
    unlink(pid_file);
    return 0;
}

/// The daemon's pid; 0 if nobody holds the lock. Asks without taking it, as flock(2) cannot.
static pid_t find(void)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (lock != -1) close(lock);
    lock = open(pid_file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (lock == -1 && errno == ENOENT) return 0;
    if (lock == -1) fail("open the pid file");
    if (fcntl(lock, F_OFD_GETLK, &whole) == -1) fail("look at the lock");
    return whole.l_type == F_UNLCK ? 0 : read_pid();
}

static int stop(void)
{
    const pid_t pid = find();
    const int process = pid != 0 ? pidfd_open(pid, 0) : -1;
    struct pollfd gone = {process, POLLIN, 0};
    if (process == -1 || find() != pid) {
        puts("by_hand: not running");
        return 0;
    }
    if (pidfd_send_signal(process, SIGTERM, NULL, 0) == -1) fail("signal the daemon");
    if (poll(&gone, 1, 10000) != 1) {
        if (pidfd_send_signal(process, SIGKILL, NULL, 0) == -1) fail("kill the daemon");
        if (poll(&gone, 1, 5000) != 1) fail("end the daemon");
    }
    printf("by_hand: stopped (pid %d)\n", (int)pid);
    return 0;
}

static int status(void)
{
    const pid_t pid = find();
    if (pid == 0) puts("by_hand: not running");
    if (pid != 0) printf("by_hand: running (pid %d)\n", (int)pid);
    return pid != 0 ? 0 : access(pid_file, F_OK) == 0 ? 1 : 3;
}

int main(int argc, char** argv)
{
    bench_main();
    pid_file = getenv("PID_FILE");
    const char* const verb = argc == 2 && pid_file != NULL ? argv[1] : "";
    if (strcmp(verb, "start") == 0) return start();
    if (strcmp(verb, "stop") == 0) return stop();
    if (strcmp(verb, "status") == 0) return status();
    fputs("Usage: PID_FILE=FILE by_hand start|stop|status\n", stderr);
    return 2;
}
