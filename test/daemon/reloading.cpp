// SPDX-License-Identifier: BSL-1.0
// reloading SIGNALS PID VERB...: a daemon with the policies that a test chooses. Each reload does what the file CONFIG
// says at that moment: a generation, then nothing (success), `refuse TEXT`, `odd` (throws something that is no
// std::exception), `die`, `exit`, or `wait FIFO` until it is opened. CONFIG.begun has the generation of every reload
// that began, CONFIG.done of each that ended, and how. Environment variables: RUN_AS, ROOT, and STUCK for a run() that
// never waits.
#include "support/environment.hpp"
#include "support/file.hpp"

#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>

namespace {

void append(const std::string& suffix, const std::string& line)
{
    append_file(environment_variable("CONFIG") + suffix, line + "\n");
}

/// Waits in spite of signals.
void await(const std::string& fifo)
{
    int fd = -1;
    while ((fd = ::open(fifo.c_str(), O_RDONLY | O_CLOEXEC)) == -1 && errno == EINTR) {}
    ::close(fd);
}

template <class Signals, class Pid>
struct reloading : daemonkit::sysv_daemon<reloading<Signals, Pid>, Pid, Signals>
{
    void on_reload() // NOLINT(*-static)
    {
        std::string generation;
        std::string manner;
        std::string text;
        std::ifstream config(environment_variable("CONFIG"));
        config >> generation >> manner >> std::ws;
        std::getline(config, text, '\0');
        append(".begun", generation);
        if (manner == "refuse") {
            append(".done", generation + " refused");
            throw std::runtime_error(text);
        }
        if (manner == "odd") throw 42;
        if (manner == "die") std::raise(SIGKILL);
        if (manner == "exit") ::_exit(3);
        if (manner == "wait") await(text);
        append(".done", generation + " taken");
    }

    int run()
    {
        while (std::getenv("STUCK") != nullptr) ::pause();
        while (this->wait()) {}
        return 0;
    }
};

template <class Signals, class Pid>
int command(int argc, char** argv)
{
    return daemonkit::command_line<reloading<Signals, Pid>>(argc - 2, argv + 2,
                                                            {.pid = {.path = environment_variable("PID_FILE")},
                                                             .process = {.name = "reloading",
                                                                         .user = environment_variable("RUN_AS"),
                                                                         .chroot = environment_variable("ROOT")}});
}

} // namespace

int main(int argc, char** argv)
{
    using namespace daemonkit;
    if (argc < 3) return exit_status::usage;
    const std::map<std::string, int (*)(int, char**)> commands{
        {"flag flock", command<flag_signals, flock_pid_file>},
        {"flag plain", command<flag_signals, pid_file>},
        {"self_pipe flock", command<self_pipe_signals, flock_pid_file>},
        {"self_pipe plain", command<self_pipe_signals, pid_file>},
        {"reaping flock", command<reaping_signals, flock_pid_file>},
        {"reaping plain", command<reaping_signals, pid_file>},
        {"signalfd flock", command<signalfd_signals, flock_pid_file>},
        {"signalfd plain", command<signalfd_signals, pid_file>}};
    const auto found = commands.find(argv[1] + (" " + std::string(argv[2])));
    return found != commands.end() ? found->second(argc, argv) : exit_status::usage;
}
