// SPDX-License-Identifier: BSL-1.0
// A daemon that logs to the file LOG.
#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <cstdio>
#include <cstdlib>

namespace {

struct logging
    : daemonkit::sysv_daemon<logging, daemonkit::flock_pid_file, daemonkit::signalfd_signals, daemonkit::log_file_stdio>
{
    int run()
    {
        std::puts("running");
        while (wait()) {}
        return 0;
    }
};

} // namespace

int main(int argc, char** argv)
{
    return daemonkit::command_line<logging>(
        argc, argv, {.pid = {.path = std::getenv("PID_FILE")}, .stdio = {.output = std::getenv("LOG")}});
}
