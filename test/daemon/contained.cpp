// SPDX-License-Identifier: BSL-1.0
// contained DEPLOYMENT VERB: a daemon of the preset for containers, or of the one for all deployments. It prints what
// happens to it and to its children. Environment variables choose what it does. ORPHANS: so many grandchildren outlive
// their parent, at start and at each USR1. LASTING: one of them does not end. OWN: it has a child of its own.
// SUBREAPER: it becomes a subreaper. RETURNS: the result of run(). LINGERS: on_stop() waits until this FIFO is opened.
#include "support/environment.hpp"

#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

std::string ended(int wait_status)
{
    return WIFEXITED(wait_status) ? "exited " + std::to_string(WEXITSTATUS(wait_status))
                                  : "killed " + std::to_string(WTERMSIG(wait_status));
}

template <class... Text>
void say(const Text&... text)
{
    (std::fputs(std::string(text).c_str(), stdout), ...);
    std::fputs("\n", stdout);
    std::fflush(stdout);
}

template <class Body>
pid_t child(Body body)
{
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(body());
    return pid;
}

/// Creates so many processes whose parent ends first. Each exits with status 7 when the last descriptor of its parent
/// is closed, which is when the parent ends.
void leave_orphans(int count)
{
    const pid_t parent = child([count] {
        std::array<int, 2> life{};
        if (::pipe(life.data()) != 0) return 1;
        for (int n = 0; n < count; ++n)
            child([life] {
                ::close(life[1]);
                char byte = 0;
                return ::read(life[0], &byte, 1) == 0 ? 7 : 1;
            });
        return 0;
    });
    say("parent ", std::to_string(parent));
}

void leave_lasting_orphan()
{
    child([] {
        child([] { return ::pause(); });
        return 0;
    });
}

/// What daemons do with their children inside a hook.
std::string own_children()
{
    std::array<char, 16> line{};
    std::FILE* const pipe = ::popen("echo hello", "r");
    if (pipe == nullptr || std::fgets(line.data(), line.size(), pipe) == nullptr) return "no popen";
    const int closed = ::pclose(pipe);
    const int shell = std::system("exit 3"); // NOLINT(cert-env33-c,concurrency-mt-unsafe)
    const pid_t fourth = child([] { return 4; });
    int status = 0;
    const pid_t waited = ::waitpid(fourth, &status, 0);
    return "pclose " + std::to_string(closed) + ", system " + ended(shell) + ", waitpid " +
           (waited == fourth ? ended(status) : "nothing");
}

template <class D>
using in_container = daemonkit::container_daemon<D, daemonkit::no_pid_file, daemonkit::basic_reaping_signals<SIGUSR1>>;
template <class D>
using anywhere = daemonkit::universal_daemon<D, daemonkit::flock_pid_file, daemonkit::basic_reaping_signals<SIGUSR1>>;

template <template <class> class Deployment>
struct contained : Deployment<contained<Deployment>>
{
    void on_start()
    {
        if (!environment_variable("LASTING").empty()) leave_lasting_orphan();
        if (!environment_variable("OWN").empty()) own_ = child([] { return 5; });
        if (!environment_variable("ORPHANS").empty()) leave_orphans(std::stoi(environment_variable("ORPHANS")));
    }
    void on_child(pid_t pid, int wait_status) // NOLINT(*-static)
    {
        say("collected ", std::to_string(pid), " ", ended(wait_status));
    }
    void on_reload()
    {
        int status = 0;
        const bool here = own_ > 0 && ::waitpid(own_, &status, 0) == own_;
        say("reloaded, ", here ? "own " + ended(status) + ", " : "", own_children());
    }
    void on_signal(int) // NOLINT(*-static)
    {
        leave_orphans(std::stoi(environment_variable("ORPHANS")));
    }
    void on_stop() // NOLINT(*-static)
    {
        say("stopping");
        if (!environment_variable("LINGERS").empty())
            ::open(environment_variable("LINGERS").c_str(), O_RDONLY | O_CLOEXEC);
    }
    int run()
    {
        say("running as ", std::to_string(::getpid()));
        while (this->wait()) {}
        return environment_variable("RETURNS").empty() ? 0 : std::stoi(environment_variable("RETURNS"));
    }

private:
    pid_t own_ = 0;
};

} // namespace

int main(int argc, char** argv)
{
    if (!environment_variable("SUBREAPER").empty()) ::prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL);
    if (argc > 1 && std::string(argv[1]) == "container")
        return daemonkit::command_line<contained<in_container>>(argc - 1, argv + 1, {});
    return daemonkit::command_line<contained<anywhere>>(
        argc - 1, argv + 1, {.pid = {.path = environment_variable("PID_FILE")}, .process = {.name = "contained"}});
}
