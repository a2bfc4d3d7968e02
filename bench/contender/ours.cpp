// SPDX-License-Identifier: BSL-1.0
// The same daemon as by_hand.c with daemonkit: the default parts and the command line. BENCH_FORK may name another
// policy that forks.
#include "mark.h"

#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <cstdlib>

#ifndef BENCH_FORK
#define BENCH_FORK double_fork
#endif

using namespace daemonkit;

struct ours : sysv_daemon<ours, flock_pid_file, signalfd_signals, null_stdio, BENCH_FORK>
{
    void on_reload() {}
    int run()
    {
        bench_ready();
        while (wait()) {}
        return EXIT_SUCCESS;
    }
};

int main(int argc, char** argv)
{
    bench_main();
    const char* const pid_file = std::getenv("PID_FILE");
    return command_line<ours>(argc, argv, {.pid = {.path = pid_file != nullptr ? pid_file : ""}});
}
