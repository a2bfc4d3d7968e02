// SPDX-License-Identifier: BSL-1.0
// A daemon with the null policy of each family: a test checks that the program contains no code of the others.
#include <daemonkit/basic_daemon.hpp>
#include <daemonkit/fork/no_fork.hpp>
#include <daemonkit/pid/no_pid_file.hpp>
#include <daemonkit/signal/inherit_signals.hpp>
#include <daemonkit/stdio/inherit_stdio.hpp>

#ifdef BOOST_CONFIG_HPP // every header of Boost includes it
#error "a daemon that names no file includes Boost"
#endif

struct bare : daemonkit::basic_daemon<bare, daemonkit::no_fork, daemonkit::no_pid_file, daemonkit::inherit_signals,
                                      daemonkit::inherit_stdio>
{
    int run() { return 17; }
};

int main() { return bare{}.start({}); }
