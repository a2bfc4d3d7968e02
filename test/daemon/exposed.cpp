// SPDX-License-Identifier: BSL-1.0
// A daemon whose pid file and log lie where a test chose: PID_FILE, LOG. PID_POLICY is pid_file or flock_pid_file,
// RUN_AS a user whom it becomes.
#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

std::string chosen(const char* name)
{
    const char* const value = std::getenv(name);
    return value != nullptr ? value : "";
}

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
    return daemonkit::command_line<exposed<PidPolicy>>(argc, argv,
                                                       {.pid = {.path = chosen("PID_FILE")},
                                                        .stdio = {.output = chosen("LOG")},
                                                        .process = {.name = "exposed", .user = chosen("RUN_AS")}});
}

} // namespace

int main(int argc, char** argv)
{
    return chosen("PID_POLICY") == "pid_file" ? command_line<daemonkit::pid_file>(argc, argv)
                                              : command_line<daemonkit::flock_pid_file>(argc, argv);
}
