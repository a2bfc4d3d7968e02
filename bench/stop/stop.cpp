// SPDX-License-Identifier: BSL-1.0
// How long after the daemon's death does stop return? Seen by pidfds that the driver polls, of the daemon and of stop.
// Once where orphans are collected at once, and once by a process 1 that takes a second to do so, as those of some
// containers and virtual machines: until then a zombie answers to kill(pid, 0). The driver plays that process 1, as
// subreaper (prctl(2)) of all that the contenders leave behind.
#include "contender/peers.hpp"
#include "contender/verb_race.hpp"
#include "stop/own_processor.hpp"

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

struct stopped
{
    nanoseconds lag{}; ///< from the end of the daemon to that of stop; below zero if that came first
    bench::usage used{};
};

/// The dead are collected after `delay`.
stopped stop_once(const bench::contender& who, const std::string& pid_file, nanoseconds delay)
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
    const auto began = bench::now();
    for (const auto give_up = began + 40s; waiting();) {
        std::array<pollfd, 3> wake{daemon.request(), stop.request(), supervisor.request()};
        const auto due = daemon.ended == never ? give_up : daemon.ended + delay;
        const auto patience = (due > bench::now() ? due : give_up) - bench::now();
        // To be woken takes as long as a fast stop after the end of its daemon. A slow one is worth no busy processor.
        const bool awake = processor.has() && bench::now() < began + 20ms;
        bench::check(::poll(wake.data(), wake.size(), awake ? 0 : static_cast<int>(patience / 1ms) + 1),
                     "wait for stop");
        const auto seen = bench::now();
        for (std::size_t i = 0; i < all.size(); ++i)
            if (wake[i].revents != 0) all[i]->ended = seen;
        if (daemon.ended != never && seen >= daemon.ended + delay) collect();
        if (seen > give_up) throw std::runtime_error(who.name + " does not stop");
    }
    collect();
    stopped result;
    if (const int status = bench::wait_for(stop.pid, &result.used); status != 0)
        throw std::runtime_error(who.name + ": stop ended with status " + std::to_string(status));
    result.lag = stop.ended - daemon.ended;
    return result;
}

/// One that returns before the end of the daemon has no lag; some have none in most rounds, and some fail.
struct peer
{
    bench::contender who;
    std::size_t number = 0;
    int runs = 0;
    int early = 0;
    bool failed = false;
    int round = 0;

    std::vector<double> once(const std::string& pid_file, nanoseconds delay, int every)
    {
        if (failed || who.stop.empty() || round++ % every != 0) return {};
        try {
            const auto result = stop_once(who, pid_file, delay);
            ++runs;
            if (result.lag < 0s) ++early;
            return bench::costs_of(result.lag, result.used);
        } catch (const std::exception& e) {
            failed = true;
            who.remark = e.what();
            return {};
        }
    }

    [[nodiscard]] bench::contestant in(const bench::race& all) const
    {
        if (failed || runs == 0) return {who.name, nullptr, who.remark};
        if (2 * early >= runs)
            return {who.name, nullptr,
                    "returned before the end of the daemon in " + std::to_string(early) + " of " +
                        std::to_string(runs) + " runs"};
        return {who.name, &all.of(number, bench::wall), who.remark};
    }
};

struct situation
{
    std::string name; ///< in goals
    std::string title;
    std::string id;
    nanoseconds delay{};
    bench::plan until{};
    int every = 1; ///< peers take part in every Nth round: some need seconds
};

void compare(bench::report& report, const situation& s, const std::function<void(const bench::field&)>& then)
{
    const bench::temporary_directory directory;
    const auto pid_file = directory / "pid";
    bench::race all;
    bench::field by_name(all);
    for (const auto& who : bench::of_both_linkages())
        if (!who.start.empty())
            by_name.add(
                who.name,
                [&s, who] {
                    const bench::temporary_directory elsewhere; // as in bench/start
                    const auto result = stop_once(who, elsewhere / "pid", s.delay);
                    return bench::costs_of(std::max(result.lag, nanoseconds(0)), result.used); // both seen at once
                },
                bench::verb_quantities);
    std::vector<std::unique_ptr<peer>> peers;
    if (!report.quick())
        for (auto& who : bench::peers(pid_file)) {
            peers.push_back(std::make_unique<peer>(peer{.who = std::move(who)}));
            peers.back()->number =
                all.add([&s, &p = *peers.back(), pid_file] { return p.once(pid_file, s.delay, s.every); },
                        bench::verb_quantities);
        }
    report.settle(all, s.until, by_name.against_the_reference(s.name + ": time ÷ the reference", 1.03));
    by_name.add_costs(report, s.name + ", time");
    then(by_name);
    if (report.quick()) return;
    std::vector<bench::contestant> contestants;
    for (const char* name : {"ours_static", "ours", "by_hand_guarded_static", "by_hand_static"})
        contestants.push_back({bench::name_in_tables(name), by_name.values(name, bench::wall), ""});
    for (const auto& p : peers) contestants.push_back(p->in(all));
    report.add_ratios(s.title + ", beside the peers", "µs", contestants, s.id + ".peers");
}

} // namespace

int main(int argc, char** argv)
{
    return bench::report::write("stop", argc, argv, [](bench::report& report) {
        bench::check(::prctl(PR_SET_CHILD_SUBREAPER, 1), "become a subreaper");
        const situation usual{.name = "stop",
                              .title = "stop: from the end of the daemon to the return of stop",
                              .id = "stop",
                              .delay = 0s,
                              .until = {.least = 60, .budget = 80s},
                              .every = 4};
        const situation late{.name = "stop, collected late",
                             .title = "the same where process 1 collects the dead a second later",
                             .id = "stop.late",
                             .delay = 1s,
                             .until = {.least = 12, .budget = 110s},
                             .every = 12};
        compare(report, usual, [&](const bench::field& measured) {
            const bench::temporary_directory directory;
            bench::verb_table counted(report, "stop");
            bench::count_verb(counted, &bench::contender::stop, directory);
            counted.settle_instructions(1.15);
            counted.add_tables(measured, usual.title, usual.id);
        });
        if (report.quick()) return;
        compare(report, late, [&](const bench::field& measured) {
            bench::verb_table(report, "stop").add_tables(measured, late.title, late.id);
        });
    });
}
