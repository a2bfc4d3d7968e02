// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: a signal is named twice: name each once
#include <daemonkit/signal/signalfd_signals.hpp>

#ifdef REJECT
using mine = daemonkit::basic_signalfd_signals<SIGUSR1, SIGUSR2, SIGUSR1>;
#else
using mine = daemonkit::basic_signalfd_signals<SIGUSR1, SIGUSR2>;
#endif

int main() { return mine::chosen.front() == 0; }
