// SPDX-License-Identifier: BSL-1.0
// notified DEPLOYMENT VERB...: a daemon of a preset that notifies a service manager: systemd or universal. It prints
// what it is about to do. Environment variables choose what it does. FAILS: on_start() throws this. LACKS: it cannot
// open this file. EXTENDS: by so many milliseconds. SAYS: a status text while it runs. ANNOUNCES: run() is ready when
// this FIFO has been opened. REFUSES: on_reload() throws this. STUCK: run() never waits. FOREIGN: run() is a loop of
// poll(2), which with FOREIGN=signal_fd wakes for that descriptor only. ENDS: run() returns this at once. THROWS: run() throws this. RUN_AS and ROOT: the user and root directory.
// READY_FD: the setting. It executes `env` at USR1.
#include "support/environment.hpp"

#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace {

using namespace std::chrono_literals;

bool is_chosen(const char* name) { return std::getenv(name) != nullptr; }

void say(const std::string& text)
{
    std::puts(text.c_str());
    std::fflush(stdout);
}

void await(const std::string& fifo) { ::close(::open(fifo.c_str(), O_RDONLY | O_CLOEXEC)); }

template <class D>
using systemd = daemonkit::systemd_daemon<D, daemonkit::no_pid_file, daemonkit::basic_signalfd_signals<SIGUSR1>>;
template <class D>
using universal = daemonkit::universal_daemon<D, daemonkit::flock_pid_file, daemonkit::basic_reaping_signals<SIGUSR1>>;

template <template <class> class Deployment, bool AnnouncesReady>
struct notified : Deployment<notified<Deployment, AnnouncesReady>>
{
    static constexpr bool announces_ready = AnnouncesReady;

    void on_start()
    {
        if (is_chosen("EXTENDS")) this->extend(std::chrono::milliseconds(std::stoi(environment_variable("EXTENDS"))));
        if (is_chosen("LACKS") && ::access(environment_variable("LACKS").c_str(), R_OK) == -1)
            throw daemonkit::startup_error(daemonkit::last_error(), "open", environment_variable("LACKS"));
        if (is_chosen("FAILS")) throw std::runtime_error(environment_variable("FAILS"));
        say("on_start");
    }
    void on_reload() // NOLINT(*-static)
    {
        say("on_reload");
        if (is_chosen("REFUSES")) throw std::runtime_error(environment_variable("REFUSES"));
    }
    void on_signal(int) // NOLINT(*-static)
    {
        say(std::system("env") == 0 ? "end of env" : "no env"); // NOLINT(cert-env33-c,concurrency-mt-unsafe)
    }
    void on_stop() { say("on_stop"); } // NOLINT(*-static)

    int run()
    {
        if (AnnouncesReady) await(environment_variable("ANNOUNCES"));
        if constexpr (AnnouncesReady) this->ready();
        if (is_chosen("SAYS")) this->notify_status(environment_variable("SAYS"));
        say("running");
        if (is_chosen("ENDS")) return std::stoi(environment_variable("ENDS"));
        if (is_chosen("THROWS")) throw std::runtime_error(environment_variable("THROWS"));
        while (is_chosen("STUCK")) ::pause();
        if (is_chosen("FOREIGN")) return foreign_loop();
        while (this->wait()) {}
        return 0;
    }

private:
    /// As the event loop of another library does it.
    int foreign_loop()
    {
        const auto interval = this->watchdog_interval();
        const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(interval).count();
        const bool by_descriptor = environment_variable("FOREIGN") == "signal_fd";
        const int patience =
            by_descriptor || interval == std::chrono::nanoseconds::max() ? -1 : static_cast<int>(milliseconds);
        pollfd signals{this->signal_fd(), POLLIN, 0};
        do ::poll(&signals, 1, patience);
        while (this->wait_for(0s));
        return 0;
    }
};

template <template <class> class Deployment, class Settings>
int command_line(int argc, char** argv, Settings settings)
{
    if (is_chosen("READY_FD")) settings.notify.ready_fd = std::stoi(environment_variable("READY_FD"));
    settings.process.name = "notified";
    settings.process.user = environment_variable("RUN_AS");
    settings.process.chroot = environment_variable("ROOT");
    return is_chosen("ANNOUNCES") ? daemonkit::command_line<notified<Deployment, true>>(argc, argv, {settings})
                                  : daemonkit::command_line<notified<Deployment, false>>(argc, argv, {settings});
}

} // namespace

int main(int argc, char** argv)
{
    if (argc < 2) return daemonkit::exit_status::usage;
    if (argv[1] == std::string("systemd"))
        return command_line<systemd>(argc - 1, argv + 1, notified<systemd, true>::settings{});
    return command_line<universal>(
        argc - 1, argv + 1, notified<universal, true>::settings{.pid = {.path = environment_variable("PID_FILE")}});
}
