// SPDX-License-Identifier: BSL-1.0
// Two presets that name no path, with the verbs: `foreground VERB…` is for service managers, `foreground container VERB…`
// for containers.
#include <daemonkit/command_line.hpp>
#include <daemonkit/presets.hpp>

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

struct foreground : daemonkit::systemd_daemon<foreground>
{
    int run()
    {
        std::puts("running");
        std::fflush(stdout);
        while (wait()) {}
        return EXIT_SUCCESS;
    }
};

struct contained : daemonkit::container_daemon<contained>
{
    int run()
    {
        std::puts("running");
        std::fflush(stdout);
        while (wait()) {}
        return EXIT_SUCCESS;
    }
};

} // namespace

int main(int argc, char** argv)
{
    if (argc > 1 && argv[1] == std::string_view("container"))
        return daemonkit::command_line<contained>(argc - 1, argv + 1, {});
    return daemonkit::command_line<foreground>(argc, argv, {});
}
