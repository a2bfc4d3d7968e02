// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: SIGTERM and SIGHUP are received already, as stop and reload: leave them out
#include <daemonkit/signal/flag_signals.hpp>

#ifdef REJECT
using mine = daemonkit::basic_flag_signals<SIGTERM>;
#else
using mine = daemonkit::basic_flag_signals<SIGUSR1>;
#endif

int main() { return mine::chosen.front() == 0; }
