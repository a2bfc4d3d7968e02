// SPDX-License-Identifier: BSL-1.0
// libdaemon's self-pipe: a handler writes the number of the signal, daemon_signal_next() reads it.
#include "answer.h"

#include <libdaemon/dsignal.h>

#include <poll.h>
#include <signal.h>

int main(void)
{
    if (daemon_signal_init(SIGHUP, SIGUSR1, SIGTERM, SIGINT, 0) == -1) return 1;
    struct pollfd p = {daemon_signal_fd(), POLLIN, 0};
    for (answer();;) {
        if (poll(&p, 1, -1) != 1) continue;
        const int signal = daemon_signal_next();
        if (signal != SIGHUP && signal != SIGUSR1) break;
        answer();
    }
    daemon_signal_done();
    return 0;
}
