// SPDX-License-Identifier: BSL-1.0
#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <boost/filesystem/operations.hpp>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

using namespace std::chrono_literals;

// Writes the time to its log file every second. clockd.conf holds the format, see strftime(3).
struct clockd : daemonkit::sysv_daemon<clockd, daemonkit::log_file_stdio>
{
    std::string format = "%T\n";

    void on_start() { on_reload(); }

    // Called by wait_for() after the signal HUP, never inside a signal handler. Without a file the format stays.
    void on_reload() { daemonkit::sys::read_file("clockd.conf", format, 80); }

    int run()
    {
        do {
            char line[80];
            const std::time_t now = std::time(nullptr);
            std::fwrite(line, 1, std::strftime(line, sizeof line, format.c_str(), std::localtime(&now)), stdout);
        } while (wait_for(1s)); // false when the daemon is to stop
        return EXIT_SUCCESS;
    }
};

int main(int argc, char** argv) // clockd start | stop | restart | reload | status | run
{
    return daemonkit::command_line<clockd>(argc, argv, []() -> clockd::settings {
        const auto here = boost::filesystem::current_path(); // if this throws, the reason is printed
        return {.pid = {.path = here / "clockd.pid"},
                .stdio = {.output = here / "clockd.log"},
                .process = {.working_directory = here.string()}};
    });
}
