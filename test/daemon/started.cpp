// SPDX-License-Identifier: BSL-1.0
// started PID_FILE: a SysV daemon that is only started, from the headers of its parts. A test checks that neither the
// program nor its compiled sources contain anything of other deployments.
#include <daemonkit/basic_daemon.hpp>
#include <daemonkit/fork/double_fork.hpp>
#include <daemonkit/pid/flock_pid_file.hpp>
#include <daemonkit/signal/signalfd_signals.hpp>
#include <daemonkit/stdio/null_stdio.hpp>

namespace {

struct started : daemonkit::basic_daemon<started>
{
    int run()
    {
        while (wait()) {}
        return 0;
    }
};

} // namespace

int main(int argc, char** argv)
{
    return argc == 2 ? started{}.start({.pid = {.path = argv[1]}}) : daemonkit::exit_status::usage;
}
