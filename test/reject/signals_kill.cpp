// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: SIGKILL and SIGSTOP cannot be caught by any process: leave them out of the signals
#include <daemonkit/signal/flag_signals.hpp>

#ifdef REJECT
using mine = daemonkit::basic_flag_signals<SIGKILL>;
#else
using mine = daemonkit::basic_flag_signals<SIGUSR1>;
#endif

int main() { return mine::chosen.front() == 0; }
