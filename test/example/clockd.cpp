// SPDX-License-Identifier: BSL-1.0
// The smallest daemon with a reload.
#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <cstdio>
#include <cstdlib>
#include <ctime>

using namespace std::chrono_literals;

struct clockd : daemonkit::sysv_daemon<clockd>
{
    int run() { while (wait_for(1s)) tick(); return EXIT_SUCCESS; }
    void on_reload() {}
    void tick() {}
};

int main(int argc, char** argv)
{
    return daemonkit::command_line<clockd>(argc, argv, {.pid = {.path = "/tmp/cl/clockd.pid"}});
}
