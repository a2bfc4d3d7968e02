// SPDX-License-Identifier: BSL-1.0
//
// The program of every consumer: `consumer PIDFILE` starts a daemon of the default parts, stops it, and prints the
// version it was compiled against.
#include <daemonkit/daemonkit.hpp>

#include <cstdio>
#include <cstdlib>

namespace {

struct consumer : daemonkit::basic_daemon<consumer>
{
    int run()
    {
        while (wait()) {}
        return EXIT_SUCCESS;
    }
};

} // namespace

int main(int argc, char** argv)
{
    if (argc != 2) return EXIT_FAILURE;
    const consumer::settings settings{.pid = {.path = argv[1]}};

    const auto started = consumer{}.start(settings);
    if (!started.in_launcher) return started;
    if (started != 0) {
        std::fprintf(stderr, "%s\n", started.message.c_str());
        return started;
    }

    const auto stopped = consumer::stop(settings);
    if (stopped.status != 0) {
        std::fprintf(stderr, "%s\n", stopped.message.c_str());
        return stopped.status;
    }
    std::puts(DAEMONKIT_VERSION);
}
