// SPDX-License-Identifier: BSL-1.0
// ours HOW PID_FILE: the default parts in the foreground, with the signal policy that is asked for, which hears
// USR1 too.
#include "answer.h"

#include <daemonkit/daemonkit.hpp>

#include <string_view>

namespace {

template <class SignalPolicy>
struct listener : daemonkit::sysv_daemon<listener<SignalPolicy>, daemonkit::flock_pid_file, SignalPolicy>
{
    void on_reload() { answer(); }
    void on_signal(int) { answer(); }
    int run()
    {
        answer();
        while (this->wait()) {}
        return 0;
    }
    static int listen(const char* pid_file) { return listener{}.run_in_foreground({.pid = {.path = pid_file}}).status; }
};

} // namespace

int main(int argc, char** argv)
{
    if (argc != 3) return 2;
    const std::string_view how = argv[1];
    if (how == "signalfd_signals") return listener<daemonkit::basic_signalfd_signals<SIGUSR1>>::listen(argv[2]);
    if (how == "self_pipe_signals") return listener<daemonkit::basic_self_pipe_signals<SIGUSR1>>::listen(argv[2]);
    if (how == "flag_signals") return listener<daemonkit::basic_flag_signals<SIGUSR1>>::listen(argv[2]);
    return 2;
}
