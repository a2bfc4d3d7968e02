// SPDX-License-Identifier: BSL-1.0
// A daemon that tests end in each way. Environment variables: FORK names the fork policy; FIRST is the number of the
// signal that a stop sends first, or nothing for TERM; FAILS is the sentence that on_start() throws; IGNORES makes the
// daemon ignore every signal. on_stop() writes the file PID_FILE.on_stop.
#include "support/environment.hpp"
#include "support/file.hpp"

#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <stdexcept>

namespace {

using namespace std::chrono_literals;

template <class Fork>
struct ending : daemonkit::sysv_daemon<ending<Fork>, Fork, daemonkit::basic_signalfd_signals<SIGUSR1>>
{
    void on_start() // NOLINT(*-static)
    {
        if (std::getenv("FAILS") != nullptr) throw std::runtime_error(environment_variable("FAILS"));
    }
    void on_signal(int) { ended_ = true; }
    void on_stop() { write_file(environment_variable("PID_FILE") + ".on_stop", ""); } // NOLINT(*-static)
    void on_reload() {}

    int run()
    {
        while (std::getenv("IGNORES") != nullptr) ::pause();
        while (!ended_ && this->wait()) {}
        return 0;
    }

private:
    bool ended_ = false;
};

template <class Fork>
int command(int argc, char** argv)
{
    const char* const first = std::getenv("FIRST");
    return daemonkit::command_line<ending<Fork>>(
        argc, argv,
        {.pid = {.path = environment_variable("PID_FILE")},
         .process = {.name = "ending"},
         .stop = {{first != nullptr ? std::atoi(first) : SIGTERM, 1h}, {SIGKILL, 1h}}}); // --timeout shortens the first
}

} // namespace

int main(int argc, char** argv)
{
    const auto fork = environment_variable("FORK");
    if (fork == "no_fork") return command<daemonkit::no_fork>(argc, argv);
    if (fork == "single_fork") return command<daemonkit::single_fork>(argc, argv);
    if (fork == "handoff_fork") return command<daemonkit::handoff_fork>(argc, argv);
    return command<daemonkit::double_fork>(argc, argv);
}
