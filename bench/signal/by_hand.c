// SPDX-License-Identifier: BSL-1.0
// by_hand HOW [PID_FILE]: what each signal policy would be if it were written out for HUP, USR1, TERM and INT and nothing
// else. With a pid file it is the reference: a lock marks the daemon as reloading meanwhile, which `status` reads.
#define _GNU_SOURCE
#include "answer.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

static volatile sig_atomic_t reload, chosen, stop;
static int wake_up = -1;

enum { count = 4 };
static const int heard[count] = {SIGHUP, SIGUSR1, SIGTERM, SIGINT};

static sigset_t heard_set(void)
{
    sigset_t set;
    sigemptyset(&set);
    for (int i = 0; i < count; ++i) sigaddset(&set, heard[i]);
    return set;
}

static int pid_file = -1;

/// Marks the daemon as reloading, or not, if it has a pid file.
static void mark(short type)
{
    struct flock byte = {.l_type = type, .l_whence = SEEK_SET, .l_start = 2, .l_len = 1};
    if (pid_file != -1 && fcntl(pid_file, F_OFD_SETLK, &byte) == -1) stop = 1;
}

static void reload_here(void)
{
    mark(F_WRLCK);
    answer();
    mark(F_UNLCK);
}

static void note(int signal)
{
    if (signal == SIGHUP)
        reload = 1;
    else if (signal == SIGUSR1)
        chosen = 1;
    else
        stop = 1;
    if (wake_up >= 0 && write(wake_up, "", 1) != 1) stop = 1;
}

/// Tells of what was noted.
static void tell(void)
{
    if (reload) {
        reload = 0;
        reload_here();
    }
    if (chosen) {
        chosen = 0;
        answer();
    }
}

static void catch_signals(int flags)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = note;
    action.sa_flags = flags;
    sigfillset(&action.sa_mask);
    for (int i = 0; i < count; ++i) sigaction(heard[i], &action, NULL);
}

static int by_signalfd(void)
{
    const sigset_t set = heard_set();
    sigprocmask(SIG_BLOCK, &set, NULL);
    struct pollfd p = {signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), POLLIN, 0};
    for (answer();;) {
        struct signalfd_siginfo info;
        if (poll(&p, 1, -1) != 1 || read(p.fd, &info, sizeof info) != sizeof info) return 1;
        if (info.ssi_signo != SIGHUP && info.ssi_signo != SIGUSR1) return 0;
        if (info.ssi_signo == SIGHUP)
            reload_here();
        else
            answer();
    }
}

static int by_self_pipe(void)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) == -1) return 1;
    wake_up = ends[1];
    catch_signals(SA_RESTART);
    struct pollfd p = {ends[0], POLLIN, 0};
    for (answer();;) {
        char bytes[64];
        poll(&p, 1, -1); // interrupted by the handler or not, the byte is there
        if (read(ends[0], bytes, sizeof bytes) == -1) continue;
        if (stop) return 0;
        tell();
    }
}

// Outside the sleep the signals are heard too: a blocking call is to be interrupted, and a busy loop to see the flag.
static int by_flag(void)
{
    const sigset_t set = heard_set();
    sigset_t open;
    catch_signals(0);
    for (answer(); !stop;) {
        sigprocmask(SIG_BLOCK, &set, &open);
        if (!reload && !chosen && !stop) ppoll(NULL, 0, NULL, &open);
        sigprocmask(SIG_SETMASK, &open, NULL);
        tell();
    }
    return 0;
}

int main(int argc, char** argv)
{
    if (argc < 2 || argc > 3) return 2;
    if (argc == 3 && (pid_file = open(argv[2], O_RDWR | O_CREAT | O_CLOEXEC, 0644)) == -1) return 1;
    if (strcmp(argv[1], "signalfd_signals") == 0) return by_signalfd();
    if (strcmp(argv[1], "self_pipe_signals") == 0) return by_self_pipe();
    if (strcmp(argv[1], "flag_signals") == 0) return by_flag();
    return 2;
}
