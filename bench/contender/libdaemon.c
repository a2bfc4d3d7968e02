// SPDX-License-Identifier: BSL-1.0
// libdaemon, used as its own example (testd.c) uses it: pid file, daemon_retval for readiness, signals by descriptor.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libdaemon/daemon.h>

static const char* pid_file(void) { return getenv("PID_FILE"); }

static int run(void)
{
    daemon_close_all(-1);
    if (daemon_pid_file_create() < 0 || daemon_signal_init(SIGINT, SIGTERM, SIGQUIT, SIGHUP, 0) < 0) {
        daemon_retval_send(1);
        return 1;
    }
    daemon_retval_send(0);
    for (;;) {
        const int signal = daemon_signal_next(); // its descriptor is non-blocking: 0 when nothing has come
        if (signal != 0 && signal != SIGHUP) break;
        if (signal == 0) {
            fd_set wake;
            FD_ZERO(&wake);
            FD_SET(daemon_signal_fd(), &wake);
            if (select(FD_SETSIZE, &wake, NULL, NULL, NULL) == -1 && errno != EINTR) break;
        }
    }
    daemon_signal_done();
    daemon_pid_file_remove();
    return 0;
}

static int start(void)
{
    pid_t pid = daemon_pid_file_is_running();
    if (pid >= 0) {
        printf("libdaemon: already running (pid %d)\n", (int)pid);
        return 0;
    }
    if (daemon_reset_sigs(-1) < 0 || daemon_unblock_sigs(-1) < 0 || daemon_retval_init() < 0) return 1;
    pid = daemon_fork();
    if (pid < 0) return 1;
    if (pid == 0) return run();
    const int result = daemon_retval_wait(20);
    if (result == 0) printf("libdaemon: started (pid %d)\n", (int)pid);
    return result == 0 ? 0 : 1;
}

int main(int argc, char** argv)
{
    const char* const verb = argc == 2 ? argv[1] : "";
    daemon_pid_file_ident = daemon_log_ident = "libdaemon";
    daemon_pid_file_proc = pid_file;
    if (strcmp(verb, "start") == 0) return start();
    if (strcmp(verb, "stop") == 0) return daemon_pid_file_kill_wait(SIGTERM, 20) < 0;
    if (strcmp(verb, "status") == 0) return daemon_pid_file_is_running() >= 0 ? 0 : 3;
    fprintf(stderr, "usage: libdaemon start|stop|status\n");
    return 2;
}
