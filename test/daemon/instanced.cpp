// SPDX-License-Identifier: BSL-1.0
// A program with several daemons on a host. Its pid files are DIRECTORY/instanced-%i.pid, or PATTERN.
// With THROWS, the function that makes its settings throws that.
#include "support/environment.hpp"

#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <stdexcept>

namespace {

struct instanced : daemonkit::sysv_daemon<instanced, daemonkit::log_file_stdio>
{
    static constexpr bool has_instances = true;
    int run()
    {
        while (wait()) {}
        return 0;
    }
};

} // namespace

int main(int argc, char** argv)
{
    if (const auto reason = environment_variable("THROWS"); !reason.empty())
        return daemonkit::command_line<instanced>(argc, argv,
                                                  [&]() -> instanced::settings { throw std::runtime_error(reason); });
    const auto directory = environment_variable("DIRECTORY");
    return daemonkit::command_line<instanced>(
        argc, argv,
        {.pid = {.path = environment_variable("PATTERN", (directory + "/instanced-%i.pid").c_str())},
         .stdio = {.output = directory + "/log/%i/%i.log"},
         .process = {.name = "instanced@%i", .instance = environment_variable("INSTANCE"), .working_directory = "/"}});
}
