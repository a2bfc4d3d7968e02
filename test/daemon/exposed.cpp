// SPDX-License-Identifier: BSL-1.0
// A daemon whose pid file and log are where the test chooses: PID_FILE, LOG. PID_POLICY is pid_file or flock_pid_file;
// RUN_AS is the user to drop to.
#include "support/environment.hpp"

#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <cstdio>
#include <string>

namespace {

template <class PidPolicy>
struct exposed
    : daemonkit::sysv_daemon<exposed<PidPolicy>, PidPolicy, daemonkit::signalfd_signals, daemonkit::log_file_stdio>
{
    int run()
    {
        std::puts("running");
        while (this->wait()) {}
        return 0;
    }
};

template <class PidPolicy>
int command_line(int argc, char** argv)
{
    return daemonkit::command_line<exposed<PidPolicy>>(
        argc, argv,
        {.pid = {.path = environment_variable("PID_FILE")},
         .stdio = {.output = environment_variable("LOG")},
         .process = {.name = "exposed", .user = environment_variable("RUN_AS")}});
}

} // namespace

int main(int argc, char** argv)
{
    return environment_variable("PID_POLICY") == "pid_file" ? command_line<daemonkit::pid_file>(argc, argv)
                                                            : command_line<daemonkit::flock_pid_file>(argc, argv);
}
