// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: this is not a signal number that a program can use: use a name from signal(7)
#include <daemonkit/signal/flag_signals.hpp>

#ifdef REJECT
using mine = daemonkit::basic_flag_signals<0>;
#else
using mine = daemonkit::basic_flag_signals<SIGUSR1>;
#endif

int main() { return mine::chosen.front() == 0; }
