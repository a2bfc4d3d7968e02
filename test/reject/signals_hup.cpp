// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: SIGTERM and SIGHUP are received already, as stop and reload: leave them out
#include <daemonkit/signal/signalfd_signals.hpp>

#ifdef REJECT
using mine = daemonkit::basic_signalfd_signals<SIGHUP>;
#else
using mine = daemonkit::basic_signalfd_signals<SIGUSR1>;
#endif

int main() { return mine::chosen.front() == 0; }
