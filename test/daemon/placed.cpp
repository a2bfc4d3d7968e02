// SPDX-License-Identifier: BSL-1.0
// A daemon for several hosts without a lease: only a cluster manager sees to it that one runs. Every 5 ms it appends to
// the file of --acts: its host, the time at which it began, and the time.
#include <daemonkit/artefacts.hpp>
#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>
#include <daemonkit/sys/boot_clock.hpp>
#include <daemonkit/sys/unique_fd.hpp>

#include <chrono>
#include <string>

#include <fcntl.h>
#include <unistd.h>

using namespace std::chrono_literals;

struct placed : daemonkit::sysv_daemon<placed, daemonkit::log_file_stdio>
{
    using more_verbs = daemonkit::artefacts;

    int run(const std::string& acts)
    {
        const daemonkit::sys::unique_fd file(::open(acts.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644));
        char host[65] = "";
        if (::gethostname(host, sizeof host - 1) == -1) return 1;
        const auto now = [] { return std::to_string(daemonkit::sys::boot_clock::now().time_since_epoch().count()); };
        const auto begin = std::string(host) + " " + now() + " ";
        do {
            const auto line = begin + now() + "\n";
            if (::write(file.get(), line.data(), line.size()) == -1) return 1;
        } while (wait_for(5ms));
        return 0;
    }
};

int main(int argc, char** argv)
{
    std::string acts = "/mnt/acts";
    const daemonkit::program_option options[] = {
        {.name = "acts", .argument = "FILE", .help = "a file of all hosts", .value = acts}};
    return daemonkit::command_line<placed>(
        argc, argv, options,
        []() -> placed::settings {
            return {.pid = {.path = "/run/placed.pid"},
                    .stdio = {.output = "/var/log/placed.log"},
                    .process = {.name = "placed"}};
        },
        acts);
}
