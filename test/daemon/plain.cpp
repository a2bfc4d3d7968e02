// SPDX-License-Identifier: BSL-1.0
// A daemon with nothing to reload, no version, and a process name that needs quoting.
#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <cstdlib>

namespace {

struct plain : daemonkit::sysv_daemon<plain>
{
    int run()
    {
        while (wait()) {}
        return 0;
    }
};

} // namespace

int main(int argc, char** argv)
{
    return daemonkit::command_line<plain>(
        argc, argv, {.pid = {.path = std::getenv("PID_FILE")}, .process = {.name = "plain \"quoted\""}});
}
