// SPDX-License-Identifier: BSL-1.0
// A daemon without files: the headers of its parts, and no library of Boost.
#include <daemonkit/basic_daemon.hpp>
#include <daemonkit/fork/no_fork.hpp>
#include <daemonkit/pid/no_pid_file.hpp>
#include <daemonkit/signal/flag_signals.hpp>
#include <daemonkit/stdio/inherit_stdio.hpp>

struct core : daemonkit::basic_daemon<core, daemonkit::no_fork, daemonkit::no_pid_file, daemonkit::flag_signals,
                                      daemonkit::inherit_stdio>
{
    int run() { return wait_for(std::chrono::seconds(0)) ? 7 : 0; }
};

int main() { return core{}.start({}); }
