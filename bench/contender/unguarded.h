// SPDX-License-Identifier: BSL-1.0
// by_hand.c without daemonkit's other guarantees: nothing where guards.h has something, and stop and status that
// believe who holds the lock of the pid file and what is written there.
#pragma once

static void guard_caller(void) {}
static void guard_path(void) {}
static void guard_file(void) {}
static void guard_wait(int ear) { (void)ear; }
static void guard_signals(const sigset_t* before) { sigprocmask(SIG_SETMASK, before, NULL); }
static void guard_ready(void) {}
static int claim_lock(void)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(lock, F_OFD_SETLK, &whole);
}
static void guard_release(void) {}
static int open_channel(int ends[2]) { return pipe2(ends, O_CLOEXEC); }
static void guard_memory(void) {}
static void guard_limit(void (*action)(int)) { (void)action; }
static void guard_identity(void) {}
static void guard_wake(void) {}
static void guard_end(void) { unlink(pid_file); }
static void reload_here(void) {}

/// Returns in the launcher, and in the daemon with 0.
static pid_t fork_twice(int ear, int mouth)
{
    (void)ear;
    const pid_t child = fork();
    if (child != 0) return child;
    channel = mouth;
    setsid();
    const pid_t daemon = fork();
    if (daemon == -1) fail("fork the second time");
    if (daemon != 0) _exit(0);
    return 0;
}

/// The daemon's pid; 0 if no process holds the lock. Asks without taking it, as flock(2) cannot.
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
