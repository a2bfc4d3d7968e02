// SPDX-License-Identifier: BSL-1.0
#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <boost/filesystem/operations.hpp>
#include <fstream>
#include <iomanip>
#include <iostream>

using namespace daemonkit;
using namespace std::chrono_literals;

// Writes the time every second, in the format of strftime(3) that clockd.conf says.
struct clockd : basic_daemon<clockd, double_fork, flock_pid_file, signalfd_signals, log_file_stdio>
{
    std::string format = "%T";

    void on_start() { on_reload(); }
    void on_reload() { std::getline(std::ifstream("clockd.conf"), format); } // on HUP, never inside a signal handler
    int run()
    {
        do {
            const auto now = std::time(nullptr);
            std::cout << std::put_time(std::localtime(&now), format.c_str()) << '\n';
        } while (wait_for(1s)); // false as soon as it is to stop
        return EXIT_SUCCESS;
    }
};

int main(int argc, char** argv) // start | stop | restart | reload | status | run
{
    const auto here = boost::filesystem::current_path();
    return command_line<clockd>(argc, argv,
                                {.pid = {.path = here / "clockd.pid"},
                                 .stdio = {.output = here / "clockd.log"},
                                 .process = {.working_directory = here.string()}});
}
