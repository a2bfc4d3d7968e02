// SPDX-License-Identifier: BSL-1.0
#include "contender/linkages.hpp"
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

void compare(bench::report& report, int at_a_time, const std::string& how)
{
    constexpr int batch = 40;
    bench::race all;
    bench::field by_name(all);
    std::vector<std::string> names;
    const auto add = [&](const bench::contender& who) {
        if (who.start.empty()) return;
        names.push_back(who.name);
        by_name.add(who.name, [who, at_a_time] { return std::vector{starts_per_second(who, batch, at_a_time)}; });
    };
    for (const auto& l : bench::linkages)
        for (const char* name : {l.reference, l.ours, l.by_hand}) add(bench::built(name));
    for (const auto& one : bench::peers("none")) // it waits, and takes its pid file from the environment
        if (one.name == "libdaemon") add(one);

    report.settle(all, {.least = 12, .budget = std::chrono::seconds(45)},
                  by_name.against_the_reference("daemons a second, " + how + ", ÷ the reference", 0.97, false));
    std::vector<bench::contestant> contestants;
    for (const auto& name : names) contestants.push_back({bench::name_in_tables(name), by_name.values(name), ""});
    report.add_ratios("daemons started " + how + ", " + std::to_string(batch) + " each round", "1/s", contestants);
}

} // namespace

void compare_throughput(bench::report& report)
{
    compare(report, 1, "one after another");
    compare(report, 8, "eight at a time");
    report.add_note("Peers that return before the daemon is ready are left out of the throughput: nothing tells what "
                    "they have done by then.");
}
