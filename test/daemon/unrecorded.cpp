// SPDX-License-Identifier: BSL-1.0
// A daemon that records no pid.
#include <daemonkit/command_line.hpp>
#include <daemonkit/fork/double_fork.hpp>
#include <daemonkit/pid/no_pid_file.hpp>
#include <daemonkit/signal/signalfd_signals.hpp>
#include <daemonkit/stdio/null_stdio.hpp>

namespace {

struct unrecorded : daemonkit::basic_daemon<unrecorded, daemonkit::double_fork, daemonkit::no_pid_file>
{
    int run()
    {
        while (wait()) {}
        return 0;
    }
};

} // namespace

int main(int argc, char** argv) { return daemonkit::command_line<unrecorded>(argc, argv, {}); }
