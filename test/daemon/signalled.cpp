// SPDX-License-Identifier: BSL-1.0
// A daemon that chooses signals. SIGNALS chooses the policy: own_int has INT and USR1 for on_signal(), signalfd,
// self_pipe and flag say at run time which signals mean stop (STOP, numbers) and which are the program's (MORE).
// on_signal() appends the number to the file SEEN; with stop_requested() the loop ends without wait().
#include "support/environment.hpp"

#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <cstdio>
#include <sstream>
#include <vector>

namespace {

template <class SignalPolicy>
struct signalled : daemonkit::sysv_daemon<signalled<SignalPolicy>, SignalPolicy>
{
    void on_signal(int signal)
    {
        std::FILE* const file = std::fopen(environment_variable("SEEN").c_str(), "ae");
        std::fprintf(file, "%d\n", signal);
        std::fclose(file);
    }
    void on_reload() {}
    int run()
    {
        while (this->wait()) {}
        return 0;
    }
};

std::vector<int> numbers(const char* variable)
{
    std::vector<int> all;
    std::istringstream text(environment_variable(variable));
    for (int number = 0; text >> number;) all.push_back(number);
    return all;
}

template <class SignalPolicy>
int program(int argc, char** argv)
{
    return daemonkit::command_line<signalled<SignalPolicy>>(argc, argv, [] {
        typename signalled<SignalPolicy>::settings s{.pid = {.path = environment_variable("PID_FILE")}};
        if constexpr (requires { s.signals.more; }) s.signals = {.stop = numbers("STOP"), .more = numbers("MORE")};
        return s;
    });
}

} // namespace

int main(int argc, char** argv)
{
    using namespace daemonkit;
    const auto which = environment_variable("SIGNALS");
    if (which == "own_int") return program<basic_self_pipe_signals<SIGINT, SIGUSR1>>(argc, argv);
    if (which == "own_int_signalfd") return program<basic_signalfd_signals<SIGINT, SIGUSR1>>(argc, argv);
    if (which == "signalfd") return program<configured_signals<>>(argc, argv);
    if (which == "self_pipe") return program<configured_signals<self_pipe_signals>>(argc, argv);
    if (which == "reaping") return program<configured_signals<reaping_signals>>(argc, argv);
    return program<configured_signals<flag_signals>>(argc, argv);
}
