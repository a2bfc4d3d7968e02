// SPDX-License-Identifier: BSL-1.0
// A program that does nothing about being a daemon, for those that make one of any program (start-stop-daemon,
// daemonize, libslack's daemon, OpenRC's, runit). It waits for TERM, and says that it is ready to those that want to
// know: READY=1 by the protocol of sd_notify(3), and READY_PIPE.
#define _GNU_SOURCE
#include "ready.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static void notify(void)
{
    static const char message[] = "READY=1";
    const char* const name = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    if (name == NULL || strlen(name) >= sizeof to.sun_path) return;
    memcpy(to.sun_path, name, strlen(name));
    if (name[0] == '@') to.sun_path[0] = '\0';
    const socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd == -1 || sendto(fd, message, strlen(message), 0, (struct sockaddr*)&to, size) == -1) abort();
    close(fd);
}

int main(void)
{
    sigset_t heard;
    int signal = 0;
    sigemptyset(&heard);
    sigaddset(&heard, SIGTERM);
    sigprocmask(SIG_SETMASK, &heard, NULL);
    notify();
    tell_ready();
    while (sigwait(&heard, &signal) != 0) {}
    return 0;
}
