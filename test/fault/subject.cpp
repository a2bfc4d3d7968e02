// SPDX-License-Identifier: BSL-1.0
// The daemon whose system calls are made to fail. POLICIES names its policies, PID_FILE and LOG its files. It marks its
// progress for the tracer by signals whose default action is to be ignored; a tracer sees them all the same. REFUSED
// names a system call and an error number: the call fails in main() and in every process that it makes. RUN_AS names the
// user that it becomes.
#include "support/disabled_call.hpp"
#include "support/environment.hpp"

#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>
#include <string_view>

namespace {

constexpr int here = SIGURG;       // main() begins; later: it listens
constexpr int reloaded = SIGWINCH; // the hook runs

template <class Fork, class Pid, class Signals>
struct subject : daemonkit::basic_daemon<subject<Fork, Pid, Signals>, Fork, Pid, Signals, daemonkit::log_file_stdio>
{
    void on_reload() // NOLINT(*-static)
    {
        std::raise(reloaded);
        std::puts("reloaded");
    }

    int run()
    {
        do std::raise(here);
        while (this->wait());
        return 0;
    }
};

template <class Fork, class Pid, class Signals = daemonkit::signalfd_signals>
int live(int argc, char** argv)
{
    using namespace std::chrono_literals;
    return daemonkit::command_line<subject<Fork, Pid, Signals>>(argc, argv,
                                                                {.fork = {.deadline = 60s},
                                                                 .pid = {.path = std::getenv("PID_FILE")},
                                                                 .stdio = {.output = std::getenv("LOG")},
                                                                 .process = {.user = environment_variable("RUN_AS")}});
}

bool refuse(const char* call_and_error)
{
    long call = 0;
    unsigned error = 0;
    return std::sscanf(call_and_error, "%ld %u", &call, &error) == 2 && disable_call(call, error);
}

/// Reads verbs from `requests` until it is closed, and returns in a new process for each, which has its output where the
/// request says, and is an orphan. See place.hpp.
bool next_verb(int requests, std::string& verb)
{
    static std::array<char, 512> request;
    while (::recv(requests, request.data(), request.size() - 1, 0) > 0) {
        const pid_t between = ::fork();
        if (between == 0) {
            static std::string variable;
            std::string output;
            std::istringstream words(request.data());
            std::getline(words >> verb >> output >> std::ws, variable);
            const int out = ::open(output.c_str(), O_WRONLY); // before the test closes it
            const pid_t self = out == -1 ? -1 : ::fork();
            if (self == -1) ::_exit(1); // the test gets no pid
            if (self != 0) ::_exit(::send(requests, &self, sizeof self, 0) == sizeof self ? 0 : 1);
            ::close(requests);
            ::dup2(out, 1);
            ::dup2(out, 2);
            ::close(out);
            if (!variable.empty()) ::putenv(variable.data());
            return true;
        }
        ::waitpid(between, nullptr, 0);
        ::send(requests, "", 1, 0);
    }
    return false;
}

} // namespace

int main(int argc, char** argv)
{
    using namespace daemonkit;
    std::string verb;
    if (argc == 2 && std::string_view(argv[1]) == "play") {
        if (!next_verb(3, verb)) return 0;
        argv[1] = verb.data();
    }
    std::raise(here);
    if (const char* const refused = std::getenv("REFUSED"); refused != nullptr && !refuse(refused)) return 98;
    const std::string_view policies = std::getenv("POLICIES");
    if (policies == "flock_pid_file double_fork") return live<double_fork, flock_pid_file>(argc, argv);
    if (policies == "flock_pid_file single_fork") return live<single_fork, flock_pid_file>(argc, argv);
    if (policies == "pid_file double_fork") return live<double_fork, pid_file>(argc, argv);
    if (policies == "pid_file single_fork") return live<single_fork, pid_file>(argc, argv);
    if (policies == "flock_pid_file handoff_fork") return live<handoff_fork, flock_pid_file>(argc, argv);
    if (policies == "pid_file handoff_fork") return live<handoff_fork, pid_file>(argc, argv);
    if (policies == "flock_pid_file double_fork self_pipe_signals")
        return live<double_fork, flock_pid_file, self_pipe_signals>(argc, argv);
    if (policies == "flock_pid_file double_fork flag_signals")
        return live<double_fork, flock_pid_file, flag_signals>(argc, argv);
    return 99;
}
