// SPDX-License-Identifier: BSL-1.0
#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <boost/filesystem/operations.hpp>
#include <cstdio>
#include <ctime>

using namespace daemonkit;
using namespace std::chrono_literals;

// Writes the time every second, in the format of strftime(3) that clockd.conf says.
struct clockd : basic_daemon<clockd, double_fork, flock_pid_file, signalfd_signals, log_file_stdio>
{
    std::string format = "%T\n";

    void on_start() { on_reload(); }
    void on_reload() { sys::read_file("clockd.conf", format, 80); } // on HUP, never inside a signal handler
    int run()
    {
        do {
            char line[80];
            const auto now = std::time(nullptr);
            std::fwrite(line, 1, std::strftime(line, sizeof line, format.c_str(), std::localtime(&now)), stdout);
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
