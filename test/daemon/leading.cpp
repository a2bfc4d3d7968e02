// SPDX-License-Identifier: BSL-1.0
// A daemon with a lease in a store that is a directory, the variable STORE. While it owns the lease it appends acts to
// the file `acts` there: its token and the time. Variables: TTL in seconds, otherwise 6; ALONE=yes, it does not stand
// by; WAITS=yes, only an owner is ready; STUCK_AFTER in seconds; LOOP=busy, run() asks stop_requested() alone; LOOP=stuck, it asks
// nothing; LOOP=poll, it waits for signal_fd(); SLOW_STOP=yes, on_stop() does not end; RUN_AS, a user; HANDOFF=yes, handoff_fork.
#include "lease/file_store.hpp"
#include "support/environment.hpp"
#include "support/file.hpp"

#include <daemonkit/artefacts.hpp>
#include <daemonkit/command_line.hpp>
#include <daemonkit/command_line/all_verbs.hpp>
#include <daemonkit/daemonkit.hpp>
#include <daemonkit/lease/verbs.hpp>
#include <daemonkit/leased.hpp>

#include <poll.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

namespace {

using namespace std::chrono_literals;

std::chrono::nanoseconds seconds(const char* variable, const char* otherwise)
{
    return std::chrono::nanoseconds(
        static_cast<long long>(std::strtod(environment_variable(variable, otherwise).c_str(), nullptr) * 1e9));
}

/// A verb of the program.
struct place_verb
{
    static constexpr daemonkit::verb_help verbs[] = {{"place", "", "print the place of the store", true}};
    template <class Derived>
    static int carry_out(const daemonkit::verb_call<Derived>& call)
    {
        std::puts(call.settings.pid.second.store.where().c_str());
        return 0;
    }
};

template <class Fork>
struct leading : daemonkit::basic_daemon<leading<Fork>, Fork, daemonkit::leased<file_store>,
                                         daemonkit::self_pipe_signals, daemonkit::log_file_stdio>
{
    using more_verbs = daemonkit::all_verbs<place_verb, daemonkit::lease_verbs, daemonkit::artefacts>;
    static constexpr bool has_instances = true;

    void act() const
    {
        const auto now = daemonkit::sys::boot_clock::now().time_since_epoch().count();
        append_file(boost::filesystem::path(environment_variable("STORE")) / "acts",
                    std::to_string(this->identity().second().token()) + " " + std::to_string(now) + "\n");
    }
    void on_stop()
    {
        if (std::getenv("SLOW_STOP") != nullptr) std::this_thread::sleep_for(1h);
    }
    int run()
    {
        const auto loop = environment_variable("LOOP");
        if (loop == "poll") {
            do {
                act();
                pollfd fd{this->signal_fd(), POLLIN, 0};
                ::poll(&fd, 1, -1);
            } while (this->wait_for(0s));
            return 0;
        }
        do {
            act();
            if (!loop.empty()) std::this_thread::sleep_for(5ms);
        } while (loop == "stuck" || (loop == "busy" ? !this->stop_requested() : this->wait_for(5ms)));
        return 0;
    }
};

template <class Fork>
int command(int argc, char** argv)
{
    const typename leading<Fork>::settings settings{
        .pid = {.first = {.path = environment_variable("PID_FILE")},
                .second = {.store = {environment_variable("STORE")},
                           .timing = {.ttl = seconds("TTL", "6"), .stuck_after = seconds("STUCK_AFTER", "0")},
                           .stands_by = std::getenv("ALONE") == nullptr,
                           .ready_standing_by = std::getenv("WAITS") == nullptr}},
        .stdio = {.output = environment_variable("PID_FILE") + ".log"},
        .process = {.name = "leading", .instance = "main", .user = environment_variable("RUN_AS")}};
    return daemonkit::command_line<leading<Fork>>(argc, argv, settings);
}

} // namespace

int main(int argc, char** argv)
{
    return std::getenv("HANDOFF") != nullptr ? command<daemonkit::handoff_fork>(argc, argv)
                                             : command<daemonkit::double_fork>(argc, argv);
}
