// SPDX-License-Identifier: BSL-1.0
#include "contender/both_linkages.hpp"
#include "contender/peers.hpp"
#include "many/many.hpp"

#include <sys/wait.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

/// How many start per second when `count` are started, `at_a_time` of them; they live until the last is ready.
double starts_per_second(const bench::contender& who, int count, int at_a_time)
{
    const bench::temporary_directory directory;
    const auto pid_file = [&](int i) { return directory / ("pid" + std::to_string(i)); };
    const auto began = bench::now();
    int running = 0;
    const auto wait_for_one = [&] {
        int status = 0;
        bench::check(::waitpid(-1, &status, 0), "wait for a start");
        if (status != 0) throw std::runtime_error(who.name + ": one of many starts failed");
        --running;
    };
    for (int i = 0; i < count; ++i) {
        if (running == at_a_time) wait_for_one();
        [[maybe_unused]] const pid_t whichever = bench::spawn(who.start, {"PID_FILE=" + pid_file(i)});
        ++running;
    }
    while (running > 0) wait_for_one();
    const auto took = std::chrono::duration<double>(bench::now() - began).count();

    std::vector<bench::pidfd> daemons;
    for (int i = 0; i < count; ++i) daemons.emplace_back(bench::pid_in(pid_file(i)));
    for (const auto& daemon : daemons) daemon.signal(SIGTERM);
    for (const auto& daemon : daemons) daemon.wait();
    return count / took;
}

/// Both linkages, and the peer that waits until its daemon is ready and takes its pid file from the environment.
std::vector<bench::contender> contenders()
{
    auto all = bench::both_linkages_and_guarded();
    for (auto& one : bench::peers("none"))
        if (one.name == "libdaemon") all.push_back(std::move(one));
    return all;
}

void compare(bench::report& report, int at_a_time, const std::string& how)
{
    const int batch = report.rounds(100, 40);
    const auto all = contenders();
    std::vector<bench::sample> rates(all.size());
    std::vector<std::function<void()>> actions;
    for (std::size_t i = 0; i < all.size(); ++i)
        if (!all[i].start.empty())
            actions.emplace_back([&, i] { rates[i].add(starts_per_second(all[i], batch, at_a_time)); });
    bench::in_random_order(report.rounds(10, 3), actions);

    std::vector<bench::contestant> contestants;
    for (std::size_t i = 0; i < all.size(); ++i) contestants.push_back({all[i].name, rates[i].result(), all[i].remark});
    report.add_ratios("daemons started " + how + ", " + std::to_string(batch) + " each run", "1/s", contestants);
    bench::compare_linked_alike(contestants, [&](double ratio, const std::string& by_hand, const char* linkage) {
        report.add_goal_at_least("many: daemons a second, " + how + ", / " + by_hand, ratio, 0.97, linkage);
    });
}

} // namespace

void compare_throughput(bench::report& report)
{
    compare(report, 1, "one after another");
    compare(report, 8, "eight at a time");
    report.add_note("Peers that return before the daemon is ready are left out of the throughput: nothing tells what "
                    "they have done by then.");
}
