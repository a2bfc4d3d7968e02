// SPDX-License-Identifier: BSL-1.0
// optional FORK PID VERB...: a daemon whose pid file depends on the run. Its path is in the environment variable RECORD,
// and may be empty unless STRICT is set. on_start() throws the sentence FAILS.
#include "support/environment.hpp"

#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string>

namespace {

template <class Fork, class Pid>
struct optional : daemonkit::basic_daemon<optional<Fork, Pid>, Fork, Pid>
{
    void on_start() // NOLINT(*-static)
    {
        if (std::getenv("FAILS") != nullptr) throw std::runtime_error(environment_variable("FAILS"));
    }
    void on_reload() {}
    int run()
    {
        std::puts("running"); // in the foreground a test sees it
        std::fflush(stdout);
        while (this->wait()) {}
        return 0;
    }
};

template <class Fork, class Pid>
int command(int argc, char** argv)
{
    return daemonkit::command_line<optional<Fork, Pid>>(
        argc - 2, argv + 2,
        {.pid = {.path = environment_variable("RECORD"), .optional = std::getenv("STRICT") == nullptr},
         .process = {.name = "optional"}});
}

} // namespace

int main(int argc, char** argv)
{
    using namespace daemonkit;
    if (argc < 4) return exit_status::usage;
    const std::map<std::string, int (*)(int, char**)> commands{{"double flock", command<double_fork, flock_pid_file>},
                                                               {"double plain", command<double_fork, pid_file>},
                                                               {"handoff flock", command<handoff_fork, flock_pid_file>},
                                                               {"no plain", command<no_fork, pid_file>}};
    const auto chosen = commands.find(argv[1] + (" " + std::string(argv[2])));
    return chosen != commands.end() ? chosen->second(argc, argv) : exit_status::usage;
}
