// SPDX-License-Identifier: BSL-1.0
// A daemon that detaches and has no pid file. The program starts it, stops it by TERM, and waits until it is gone.
#include <daemonkit/basic_daemon.hpp>
#include <daemonkit/fork/double_fork.hpp>
#include <daemonkit/pid/no_pid_file.hpp>
#include <daemonkit/signal/signalfd_signals.hpp>
#include <daemonkit/stdio/null_stdio.hpp>

#include <unistd.h>

#include <csignal>
#include <cstdio>

namespace {

using daemonkit::double_fork;
using daemonkit::no_pid_file;
using daemonkit::null_stdio;
using daemonkit::signalfd_signals;

struct detached : daemonkit::basic_daemon<detached, double_fork, no_pid_file, signalfd_signals, null_stdio>
{
    int run(int said)
    {
        while (wait()) {}
        return ::write(said, "stopped", 7) == 7 ? 0 : 1;
    }
};

} // namespace

int main()
{
    int said[2];
    if (::pipe(said) == -1) return 1;
    detached::settings settings{};
    settings.process.keep_descriptors = {said[1]};
    const auto started = detached{}.start(settings, said[1]);
    if (!started.in_launcher || started != 0) {
        std::fprintf(stderr, "%s\n", started.message.c_str());
        return started;
    }
    ::close(said[1]);
    ::kill(started.pid, SIGTERM);
    char text[8] = {};
    if (::read(said[0], text, 7) != 7 || ::read(said[0], text + 7, 1) != 0) return 1; // the end: it is gone
    std::puts(text);
}
