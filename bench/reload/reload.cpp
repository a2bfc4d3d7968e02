// SPDX-License-Identifier: BSL-1.0
// From the call of reload() to its return with the daemon's word on how on_reload() ended, beside one signal and one
// reply: once.cpp. And the verb of a program, from its spawn to its exit.
#include "signal/listener.hpp"

#include "contender/verb_race.hpp"

#include <sstream>
#include <stdexcept>

namespace {

using namespace bench;

/// The median of a new caller and a new daemon (once.cpp) in a new directory: two processes of one program differ.
double median_of_new_processes(const std::string& way, const placement& place, const words& daemon)
{
    const temporary_directory directory;
    const auto pid_file = directory / "pid";
    words command{program("reload_once"), way, pid_file, std::to_string(place.contender)};
    command.insert(command.end(), daemon.begin(), daemon.end());
    if (way == "daemonkit") command.push_back(pid_file);
    std::istringstream told(output_of(command));
    double median = 0;
    if (!(told >> median)) throw std::runtime_error("reload_once " + way + " told nothing");
    return median;
}

void measure(report& report, const placement& place)
{
    pin(0, place.driver);
    race all;
    std::vector<std::size_t> numbers;
    std::vector<contestant> rows;
    const auto add = [&](const char* name, const char* remark, const std::string& way, const words& daemon) {
        numbers.push_back(
            all.add([way, daemon, &place] { return std::vector{median_of_new_processes(way, place, daemon)}; }));
        rows.push_back({name, nullptr, remark});
    };
    const words by_hand{program("signal_by_hand"), "signalfd_signals"};
    add("C with the same guarantees", "with the result of the reload", "guarantees",
        {program("reload_by_hand"), "run"});
    add("daemonkit", "the same", "daemonkit", {program("signal_ours"), "signalfd_signals"});
    add("C by hand: lock, pid file, pidfd, signal, reply", "", "lock", by_hand);
    add("C by hand: one signal, one reply", "the pid is known", "signal", by_hand);
    add("C by hand: pid file, signal, reply", "believes the file", "file", by_hand);
#ifdef BENCH_LIBDAEMON
    add("libdaemon", "daemon_pid_file_kill(); believes the file", "libdaemon", by_hand);
#endif
    report.settle(all, {.least = 60, .budget = std::chrono::seconds(60)},
                  {{"reload(): time ÷ the reference", place.name, numbers[1], numbers[0], 1.05}});
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i].values = &all.of(numbers[i]);
    report.add_ratios("reload() to on_reload() done, " + place.name + ", medians of processes", "µs", rows);
    report.add_cost({"reload(), time", place.name, ratio_of(all.of(numbers[0]), all.of(numbers[2]))});
}

/// The second reload of a new daemon in a new directory, as in bench/start.
std::vector<double> reload_new_daemon(const contender& who)
{
    const temporary_directory directory;
    const words environment{"PID_FILE=" + (directory / "pid")};
    start(who, directory / "pid");
    run(who.reload, environment);
    const auto [took, status, used] = run(who.reload, environment);
    run(who.stop, environment);
    if (status != 0) throw std::runtime_error(who.name + " does not reload");
    return costs_of(took, used);
}

void compare_verbs(report& to, const temporary_directory& directory)
{
    race all;
    field by_name(all);
    for (const auto& l : linkages)
        for (const char* name : {l.reference, l.ours}) {
            const auto who = built(name);
            if (who.start.empty()) continue;
            by_name.add(name, [who] { return reload_new_daemon(who); }, verb_quantities);
        }
    to.settle(all, {.least = 60, .budget = std::chrono::seconds(70)},
              by_name.against_the_reference("reload: time ÷ the reference", 1.05));
    verb_table counted(to, "reload");
    count_verb(counted, &contender::reload, directory);
    counted.settle_instructions(1.15);
    counted.add_tables(by_name, "reload", "reload");
}

} // namespace

int main(int argc, char** argv)
{
    return report::write("reload", argc, argv, [](report& report) {
        const temporary_directory directory;
        compare_verbs(report, directory); // before this process stays on one processor
        for (const auto& place : placements()) measure(report, place);
    });
}
