// SPDX-License-Identifier: BSL-1.0
// The reference: LOG opened with O_APPEND by hand, in the foreground, and opened again on HUP. Without LOG the lines go
// to standard output, for the programs that keep a log behind a pipe.
#define _GNU_SOURCE
#include "writer.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

static int signals;

static void open_log(void)
{
    const char* const path = getenv("LOG");
    fflush(stdout);
    const int log = path != NULL ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640) : 1;
    if (log == -1 || dup2(log, 1) == -1 || dup2(log, 2) == -1) exit(1);
    if (log > 2) close(log);
}

static int look(void* unused, int may_sleep)
{
    struct signalfd_siginfo info;
    struct pollfd wake = {signals, POLLIN, 0};
    (void)unused;
    if (may_sleep != 0) poll(&wake, 1, -1);
    if (read(signals, &info, sizeof info) != sizeof info) return 1;
    if (info.ssi_signo == SIGHUP) open_log();
    return info.ssi_signo != SIGTERM;
}

int main(void)
{
    static char buffer[BUFSIZ];
    sigset_t heard;
    setvbuf(stdout, buffer, _IOLBF, sizeof buffer);
    sigemptyset(&heard);
    sigaddset(&heard, SIGHUP);
    sigaddset(&heard, SIGTERM);
    sigprocmask(SIG_BLOCK, &heard, NULL);
    signals = signalfd(-1, &heard, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals == -1) return 1;
    open_log();
    write_log(look, NULL);
    return 0;
}
