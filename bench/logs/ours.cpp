// SPDX-License-Identifier: BSL-1.0
// The same with daemonkit: a daemon that has detached, with the default parts and log_file_stdio.
#include "writer.h"

#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <cstdlib>

using namespace daemonkit;
using namespace std::chrono_literals;

struct ours : sysv_daemon<ours, flock_pid_file, signalfd_signals, log_file_stdio>
{
    int run()
    {
        write_log(look, this);
        return EXIT_SUCCESS;
    }

private:
    static int look(void* daemon, int may_sleep)
    {
        auto& self = *static_cast<ours*>(daemon);
        return (may_sleep != 0 ? self.wait() : self.wait_for(0s)) ? 1 : 0;
    }
};

int main(int argc, char** argv)
{
    return command_line<ours>(argc, argv,
                              {.pid = {.path = std::getenv("PID_FILE")}, .stdio = {.output = std::getenv("LOG")}});
}
