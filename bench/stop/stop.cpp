// SPDX-License-Identifier: BSL-1.0
// How long after the daemon's death does stop return? Seen by pidfds that the driver polls, of the daemon and of stop.
// Once where orphans are collected at once, and once by a process 1 that takes a second to do so, as those of some
// containers and virtual machines: until then a zombie answers to kill(pid, 0). The driver plays that process 1, as
// subreaper (prctl(2)) of all that the contenders leave behind.
#include "contender/both_linkages.hpp"
#include "contender/own_costs.hpp"
#include "contender/peers.hpp"
#include "stop/own_processor.hpp"
#include "support/report.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <memory>
#include <stdexcept>

namespace {

using namespace std::chrono_literals;
using bench::nanoseconds;

constexpr nanoseconds never = nanoseconds::max();

/// A process whose end is awaited.
struct watched
{
    pid_t pid;
    bench::pidfd process{pid};
    nanoseconds ended = never;

    [[nodiscard]] pollfd request() const { return {ended == never ? process.get() : -1, POLLIN, 0}; }
};

/// From the end of the daemon to that of stop; below zero if that came first. The dead are collected after `delay`.
nanoseconds lag_of_stop(const bench::contender& who, const std::string& pid_file, nanoseconds delay)
{
    const bench::own_processor processor;
    const bench::surroundings around(who, pid_file);
    const pid_t pid = bench::start(who, pid_file).daemon;
    // Held until all is over: the last close of a removed file frees it, which takes some file systems milliseconds,
    // and would fall into the lag of a stop that still has it open.
    const bench::descriptor held(::open(pid_file.c_str(), O_RDONLY | O_CLOEXEC)); // none where there is no file
    watched daemon{.pid = pid};
    watched supervisor{.pid = bench::recorded(pid_file, pid)};
    const auto collect = [&] { // no children of ours where their own supervisor collects them
        for (const auto* one : {&daemon, &supervisor}) ::waitpid(one->pid, nullptr, WNOHANG);
    };
    watched stop{.pid = bench::spawn(who.stop, bench::environment_of(who, pid_file))};

    processor.take();
    const std::array<watched*, 3> all{&daemon, &stop, &supervisor};
    const auto waiting = [&all] { return std::ranges::any_of(all, [](auto* one) { return one->ended == never; }); };
    for (const auto give_up = bench::now() + 40s; waiting();) {
        std::array<pollfd, 3> wake{daemon.request(), stop.request(), supervisor.request()};
        const auto due = daemon.ended == never ? give_up : daemon.ended + delay;
        const auto patience = (due > bench::now() ? due : give_up) - bench::now();
        bench::check(::poll(wake.data(), wake.size(), static_cast<int>(patience / 1ms) + 1), "wait for stop");
        const auto seen = bench::now();
        for (std::size_t i = 0; i < all.size(); ++i)
            if (wake[i].revents != 0) all[i]->ended = seen;
        if (daemon.ended != never && seen >= daemon.ended + delay) collect();
        if (seen > give_up) throw std::runtime_error(who.name + " does not stop");
    }
    collect();
    if (const int status = bench::wait_for(stop.pid); status != 0)
        throw std::runtime_error(who.name + ": stop ended with status " + std::to_string(status));
    return stop.ended - daemon.ended;
}

struct runner
{
    bench::contender who;
    int every; ///< it takes part in every Nth round: some need seconds
    bool must; ///< a failure is one of the question, not of the contender
    bench::sample lag{};
    int early = 0; ///< returned before the daemon's end
    int round = 0;
    bool failed = false;
};

std::vector<std::unique_ptr<runner>> runners(const std::string& pid_file, int every)
{
    std::vector<std::unique_ptr<runner>> all;
    const auto add = [&all](bench::contender who, int nth, bool must) {
        all.push_back(std::make_unique<runner>(runner{.who = std::move(who), .every = nth, .must = must}));
    };
    for (auto& one : bench::both_linkages_and_guarded()) add(std::move(one), 1, true);
    for (auto& one : bench::peers(pid_file)) add(std::move(one), every, false);
    return all;
}

void once(runner& r, const std::string& pid_file, nanoseconds delay)
{
    if (r.who.stop.empty() || r.failed || r.round++ % r.every != 0) return;
    try {
        const auto lag = lag_of_stop(r.who, pid_file, delay);
        r.lag.add(bench::in_microseconds(lag));
        if (lag < 0s) ++r.early;
    } catch (const std::exception& e) {
        if (r.must) throw;
        r.failed = true;
        r.who.remark = e.what();
    }
}

/// The contestant of a table. Whoever often returns before the daemon has ended has no lag.
bench::contestant contestant_of(const runner& r)
{
    const auto lag = r.lag.result();
    if (r.failed || 2 * static_cast<std::size_t>(r.early) >= std::max<std::size_t>(lag.runs, 1))
        return {.name = r.who.name,
                .remark = r.failed ? r.who.remark
                                   : "returned before the end of the daemon in " + std::to_string(r.early) + " of " +
                                         std::to_string(lag.runs) + " runs"};
    return {.name = r.who.name, .result = lag, .remark = r.who.remark};
}

void compare(bench::report& report, const std::string& title, const std::string& when, int rounds, int every,
             nanoseconds delay)
{
    const bench::temporary_directory directory;
    const auto pid_file = directory / "pid";
    const auto all = runners(pid_file, every);
    std::vector<std::function<void()>> actions;
    for (const auto& r : all) actions.emplace_back([&r = *r, &pid_file, delay] { once(r, pid_file, delay); });
    bench::in_random_order(rounds, actions);

    std::vector<bench::contestant> contestants;
    for (const auto& r : all) contestants.push_back(contestant_of(*r));
    report.add_ratios(title, "µs", contestants);
    bench::compare_linked_alike(contestants, [&](double ratio, const std::string& by_hand, const char* linkage) {
        report.add_goal("stop" + when + ": lag / " + by_hand, ratio, 1.1, linkage);
    });
}

} // namespace

int main(int argc, char** argv)
{
    return bench::report::write("stop", argc, argv, [](bench::report& report) {
        bench::check(::prctl(PR_SET_CHILD_SUBREAPER, 1), "become a subreaper");
        compare(report, "stop: from the daemon's death to the return of stop", "", report.rounds(200, 40),
                report.rounds(10, 20), 0s);
        compare(report, "the same where process 1 collects the dead a second later", ", collected late",
                report.rounds(60, 12), report.rounds(10, 12), 1s);
        report.add(bench::own_costs("stop: from main() to its exit", &bench::contender::stop, report.rounds(3, 1)));
        report.add_note("by_hand sends its signal through a pidfd and polls that; so do we.");
    });
}
