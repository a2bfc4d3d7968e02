// SPDX-License-Identifier: BSL-1.0
// A daemon with every verb. Environment variables choose its settings: PID_FILE, RUN_AS, DIRECTORY, IDLE_THREAD. Others
// choose a fault: on_start() throws the sentence FAILS, EXITS, DIES or is LATE; the daemon IGNORES TERM. A reload
// writes the file PID_FILE.reloaded.
// daemon that IGNORES TERM. A reload leaves a file named as the pid file and ".reloaded".
#include "support/environment.hpp"
#include "support/file.hpp"

#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <thread>

namespace {

struct commanded : daemonkit::sysv_daemon<commanded>
{
    static constexpr const char* version = "7.5";

    void on_start() // NOLINT(*-static)
    {
        if (std::getenv("FAILS") != nullptr) throw std::runtime_error(environment_variable("FAILS"));
        if (std::getenv("EXITS") != nullptr) ::_exit(9);
        if (std::getenv("DIES") != nullptr) std::raise(SIGKILL);
        if (std::getenv("LATE") != nullptr) ::pause();
    }

    void on_reload() { write_file(environment_variable("PID_FILE") + ".reloaded", "again\n"); } // NOLINT(*-static)

    int run()
    {
        while (wait()) {}
        while (std::getenv("IGNORES") != nullptr) ::pause();
        return 0;
    }
};

} // namespace

int main(int argc, char** argv)
{
    if (std::getenv("IDLE_THREAD") != nullptr) std::thread([] { ::pause(); }).detach();
    return daemonkit::command_line<commanded>(
        argc, argv,
        {.pid = {.path = environment_variable("PID_FILE")},
         .process = {.working_directory = environment_variable("DIRECTORY", "/"),
                     .user = environment_variable("RUN_AS")},
         .stop = {{SIGTERM, std::chrono::hours(1)}, {SIGKILL, std::chrono::hours(1)}}}); // --timeout shortens the first
}
