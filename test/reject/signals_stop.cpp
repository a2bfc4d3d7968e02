// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: SIGKILL and SIGSTOP cannot be caught by any process: leave them out of the signals
#include <daemonkit/signal/self_pipe_signals.hpp>

#ifdef REJECT
using mine = daemonkit::basic_self_pipe_signals<SIGUSR2, SIGSTOP>;
#else
using mine = daemonkit::basic_self_pipe_signals<SIGUSR2, SIGUSR1>;
#endif

int main() { return mine::chosen.front() == 0; }
