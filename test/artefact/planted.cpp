// SPDX-License-Identifier: BSL-1.0
// A daemon with artefacts, in the directory from which it is called. A test installs what it prints, and plants faults
// that doctor finds. USER_OF_DAEMON is the user that it changes to, NAME its name, NO_PID_FILE makes the path empty, CHECK
// is what check() throws, SETTINGS what is thrown instead of the settings. Compiled with PLANTED_SUPERVISED it has no pid file, no log and no fork; with PLANTED_ACTIVATED it answers each
// connection to the socket that it is passed; with PLANTED_REALTIME it has priorities for which its user has no rights.
#include "support/environment.hpp"

#include <daemonkit/artefacts.hpp>
#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>
#include <daemonkit/socket_activation.hpp>

#include <boost/filesystem/operations.hpp>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace {

#ifdef PLANTED_SUPERVISED
template <class D>
using base = daemonkit::systemd_daemon<D>;
#else
template <class D>
using base = daemonkit::universal_daemon<D, daemonkit::log_file_stdio>;
#endif

#ifdef PLANTED_REALTIME
constexpr const char* user = "daemon"; // a word of monit
#else
constexpr const char* user = "planted";
#endif

#ifdef PLANTED_ACTIVATED
using sockets = daemonkit::socket_activation;
#else
struct sockets
{};
#endif

struct planted : base<planted>, sockets
{
    using more_verbs = daemonkit::artefacts;
    static constexpr const char* version = "1.2";
    static constexpr daemonkit::artefact_notes notes{.description = "tests 100% of \"what\": it's <given>",
                                                     .documentation = "man:planted(8)",
                                                     .user = user,
                                                     .listen = "127.0.0.1:7778",
                                                     .watchdog = 20s};

    static void check(int /*port*/)
    {
        if (const char* const wrong = std::getenv("CHECK"); wrong != nullptr) throw std::runtime_error(wrong);
    }
#ifndef PLANTED_SUPERVISED
    void on_reload() {}
#endif
    int run(int /*port*/)
    {
#ifdef PLANTED_ACTIVATED
        auto& passed = listen_fds();
        daemonkit::require_socket(passed[0], daemonkit::listening_stream);
        pollfd both[] = {{passed[0], POLLIN, 0}, {signal_fd(), POLLIN, 0}};
        for (; wait_for(0s); ::poll(both, 2, 5000)) {
            if (both[0].revents == 0) continue;
            const daemonkit::sys::unique_fd client(::accept(passed[0], nullptr, nullptr));
            if (::write(client.get(), "hello\n", 6) == -1) continue;
        }
#endif
        while (wait_for(1h)) {}
        return EXIT_SUCCESS;
    }
};

#ifdef PLANTED_REALTIME
// Without CAP_SYS_RESOURCE, which containers lack, root cannot lower it either.
auto oom_score()
{
    using score = decltype(daemonkit::process_settings::oom_score_adjust);
    return std::getenv("NO_OOM") == nullptr ? score(-500) : score();
}
#endif

planted::settings settings_in(const boost::filesystem::path& here)
{
    if (const char* const wrong = std::getenv("SETTINGS"); wrong != nullptr) throw std::runtime_error(wrong);
    const auto given = environment_variable("NAME");
    const std::string name = given.empty() ? "planted" : given;
#ifdef PLANTED_SUPERVISED
    return {.process = {.name = name, .working_directory = here.string()}};
#else
    const bool no_pid_file = std::getenv("NO_PID_FILE") != nullptr;
    return {.pid = {.path = no_pid_file ? boost::filesystem::path() : here / "planted.pid", .optional = no_pid_file},
            .stdio = {.output = here / "planted.log"},
            .process =
                {
                    .name = name,
                    .working_directory = here.string(),
                    .umask = 027,
                    .user = environment_variable("USER_OF_DAEMON"),
                    .limits = {{RLIMIT_NOFILE, 512, 1024}},
#ifdef PLANTED_REALTIME
                    .nice = -5,
                    .oom_score_adjust = oom_score(),
                    .cpu_scheduling = {SCHED_FIFO, 10},
                    .io_scheduling = {daemonkit::io_class::best_effort, 2},
#endif
                },
            .stop = {{SIGTERM, 7s}, {SIGKILL, 5s}}};
#endif
}

} // namespace

int main(int argc, char** argv)
{
    int port = 0;
    int level = 0;
    std::string text;
    std::vector<std::string> files;
    const daemonkit::program_option options[] = {
        {.name = "port",
         .letter = 'p',
         .argument = "N",
         .help = "the port, [1:65535], that it doesn't use",
         .value = port},
        {.name = "text", .argument = "TEXT", .help = "a text that it\ndoesn't read", .value = text},
        {.letter = 'l', .argument = "LEVEL", .help = "how much it says", .value = level},
        {.argument = "FILE", .help = "files that it doesn't read", .value = files}};
    return daemonkit::command_line<planted>(
        argc, argv, options, [] { return settings_in(boost::filesystem::current_path()); }, port);
}
