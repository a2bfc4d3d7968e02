// SPDX-License-Identifier: BSL-1.0
// A daemon with every verb. Its settings come from the environment, so that a test can choose them: PID_FILE, RUN_AS,
// DIRECTORY, IDLE_THREAD. So does its misbehaviour: on_start() that FAILS with a sentence, EXITS, DIES or is LATE; a
// daemon that IGNORES TERM. A reload leaves a file named as the pid file and ".reloaded".
#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace {

std::string chosen(const char* name, const char* otherwise = "")
{
    const char* const value = std::getenv(name);
    return value != nullptr ? value : otherwise;
}

struct commanded : daemonkit::sysv_daemon<commanded>
{
    static constexpr const char* version = "7.5";

    void on_start() // NOLINT(*-static)
    {
        if (std::getenv("FAILS") != nullptr) throw std::runtime_error(chosen("FAILS"));
        if (std::getenv("EXITS") != nullptr) ::_exit(9);
        if (std::getenv("DIES") != nullptr) std::raise(SIGKILL);
        if (std::getenv("LATE") != nullptr) ::pause();
    }

    void on_reload() { std::ofstream(chosen("PID_FILE") + ".reloaded") << "again\n"; } // NOLINT(*-static)

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
        {.pid = {.path = chosen("PID_FILE")},
         .process = {.working_directory = chosen("DIRECTORY", "/"), .user = chosen("RUN_AS")},
         .stop = {{SIGTERM, std::chrono::hours(1)}, {SIGKILL, std::chrono::hours(1)}}}); // --timeout shortens the first
}
