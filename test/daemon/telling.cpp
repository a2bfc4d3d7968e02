// SPDX-License-Identifier: BSL-1.0
// A daemon that can be held in a hook. FORK and PID_POLICY choose its policies. SAYS is its status text from on_start()
// on, RUN_SAYS from run() on. In the hook that HOLDS names, it says "in HOOK" instead, and goes on when the FIFO
// PID_FILE.hold was opened. If WAITS is on_start, it waits there for a stop. RUN_AS is its user. ENDS: it dies by this signal after it was held.
#include "support/environment.hpp"

#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>

namespace {

template <class ForkPolicy, class PidPolicy>
struct telling : daemonkit::sysv_daemon<telling<ForkPolicy, PidPolicy>, ForkPolicy, PidPolicy>
{
    void on_start()
    {
        say("SAYS");
        while (environment_variable("WAITS") == "on_start" && this->wait()) {}
        hold("on_start");
    }
    void on_reload() { hold("on_reload"); }
    void on_stop() { hold("on_stop"); }

    int run()
    {
        say("RUN_SAYS");
        hold("run");
        while (this->wait()) {}
        hold("stopped");
        return 0;
    }

private:
    void say(const char* variable)
    {
        if (std::getenv(variable) != nullptr) this->notify_status(environment_variable(variable));
    }
    void hold(const std::string& hook)
    {
        if (environment_variable("HOLDS") != hook) return;
        this->notify_status("in " + hook);
        ::close(::open((environment_variable("PID_FILE") + ".hold").c_str(), O_RDONLY | O_CLOEXEC));
        if (std::getenv("ENDS") != nullptr) std::raise(std::atoi(environment_variable("ENDS").c_str()));
    }
};

template <class ForkPolicy, class PidPolicy = daemonkit::flock_pid_file>
int command_line(int argc, char** argv)
{
    return daemonkit::command_line<telling<ForkPolicy, PidPolicy>>(
        argc, argv,
        {.pid = {.path = environment_variable("PID_FILE")}, .process = {.user = environment_variable("RUN_AS")}});
}

} // namespace

int main(int argc, char** argv)
{
    const auto fork = environment_variable("FORK");
    if (fork == "single_fork") return command_line<daemonkit::single_fork>(argc, argv);
    if (fork == "handoff_fork") return command_line<daemonkit::handoff_fork>(argc, argv);
    if (environment_variable("PID_POLICY") == "pid_file")
        return command_line<daemonkit::double_fork, daemonkit::pid_file>(argc, argv);
    return command_line<daemonkit::double_fork>(argc, argv);
}
