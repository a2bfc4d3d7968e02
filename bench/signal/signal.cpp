// SPDX-License-Identifier: BSL-1.0
// From the call that sends a signal to the event in run(), and what it costs a loop to ask whether there is one.
#include "disassembly.hpp"
#include "inside.hpp"
#include "listener.hpp"

#include "support/contender.hpp"
#include "support/report.hpp"

#include <csignal>
#include <map>
#include <utility>

namespace {

using namespace bench;

/// What is measured, and the signal. USR1 is one that the daemon has chosen: on_signal().
constexpr std::pair<const char*, int> signals[] = {{"signal to event", SIGUSR1}, {"HUP to on_reload()", SIGHUP}};
constexpr const char* policies[] = {"signalfd_signals", "self_pipe_signals", "flag_signals"};

struct entrant
{
    std::string policy;
    std::string name;
    words command;
};

std::vector<entrant> entrants(const temporary_directory& directory)
{
    std::vector<entrant> all;
    for (const std::string policy : policies) {
        all.push_back({policy, "by hand", {program("signal_by_hand"), policy}});
        all.push_back(
            {policy, "the reference", {program("signal_by_hand"), policy, directory / (policy + ".reference")}});
        all.push_back({policy, "ours", {program("signal_ours"), policy, directory / (policy + ".pid")}});
    }
    if (::access(program("signal_libdaemon").c_str(), X_OK) == 0)
        all.push_back({"self_pipe_signals", "libdaemon", {program("signal_libdaemon")}});
    return all;
}

/// Of one process, for each of `signals`. Processes of one program differ by as much as a tenth, so each round measures
/// a new one.
std::vector<double> medians_of_new_process(const entrant& who, const placement& place)
{
    const listener process(who.command, place.contender);
    std::vector<double> medians;
    for (const auto& [what, signal] : signals) {
        for (int n = 0; n < 10; ++n) static_cast<void>(process.microseconds_to_event(signal)); // from cold caches
        sample times;
        for (int n = 0; n < 50; ++n) times.add(process.microseconds_to_event(signal));
        medians.push_back(times.quantile(0.5));
    }
    return medians;
}

void latency(report& report, const std::vector<entrant>& all, const placement& place)
{
    pin(0, place.driver);
    race signalled;
    std::map<std::string, std::vector<std::pair<std::string, std::size_t>>> by_policy;
    for (const auto& one : all)
        by_policy[one.policy].emplace_back(
            one.name, signalled.add([&one, &place] { return medians_of_new_process(one, place); }, std::size(signals)));
    std::vector<ratio_goal> goals;
    for (std::size_t i = 0; i < std::size(signals); ++i)
        for (const auto& [policy, three] : by_policy) // by hand, the reference, ours
            goals.push_back({std::string(signals[i].first) + ": time ÷ the reference", policy + ", " + place.name,
                             three[2].second, three[1].second, 1.05, true, i});
    report.settle(signalled, {.least = 40, .budget = std::chrono::seconds(60)}, goals);
    for (std::size_t i = 0; i < std::size(signals); ++i)
        for (const auto& [policy, contenders] : by_policy) {
            const std::string what = signals[i].first;
            const auto values = [&](std::size_t n) -> const sample& { return signalled.of(contenders[n].second, i); };
            if (signals[i].second == SIGHUP)
                report.add_cost({what, policy + ", " + place.name, ratio_of(values(1), values(0))});
            std::vector<contestant> rows;
            for (std::size_t n = 0; n < contenders.size(); ++n) rows.push_back({contenders[n].first, &values(n), ""});
            report.add_ratios(what + ", " + policy + ", " + place.name + ", medians of processes", "µs", rows);
        }
}

std::vector<contestant> rows_of(const std::vector<timed_step>& steps)
{
    std::vector<contestant> rows;
    for (const auto& [name, values] : steps) rows.push_back({name, &values, ""});
    return rows;
}

void inside(report& report, const temporary_directory& directory)
{
    prepare_inside();
    const auto pid_file = directory / "inside.pid";
    const inside_figures all[] = {inside_signalfd_signals(pid_file), inside_self_pipe_signals(pid_file),
                                  inside_flag_signals(pid_file)};
    for (std::size_t i = 0; i < std::size(all); ++i) {
        report.add_ratios(std::string("asking for a signal when there is none, ") + policies[i], "ns",
                          rows_of(all[i].looking));
        if (all[i].stopping.empty())
            report.add_note(std::string(policies[i]) + " does not claim stop_requested(): it does not compile");
        else
            report.add_ratios(std::string("asking for a stop, ") + policies[i], "ns", rows_of(all[i].stopping));
    }
}

/// The loops of hot_loop.cpp, one instruction a row.
void disassembly(report& report)
{
    const std::regex leaves("^(call|syscall|sysenter|int|svc|bl|lock)\\b");
    const auto by_hand = instructions_of("hot_loop_by_hand");
    table t{.title = "a loop that asks for a stop: instructions", .columns = {"by hand"}};
    for (const auto& instruction : by_hand) t.rows.push_back({instruction});
    for (const std::string policy : {policies[1], policies[2]}) {
        const auto ours = instructions_of("hot_loop_" + policy);
        t.columns.push_back(policy);
        for (std::size_t i = 0; i < std::max(ours.size(), t.rows.size()); ++i) {
            if (i == t.rows.size()) t.rows.emplace_back(t.columns.size() - 1);
            t.rows[i].emplace_back(i < ours.size() ? ours[i] : "");
        }
        const auto goal = "stop_requested(), " + policy + ": ";
        report.add_count(goal + "loads", static_cast<double>(count(ours, std::regex("MEMORY"))), 1);
        report.add_count(goal + "system calls, calls, locked instructions", static_cast<double>(count(ours, leaves)));
        report.add_count(goal + "loops that differ from the one by hand", ours == by_hand ? 0 : 1);
    }
    report.add(std::move(t));
}

} // namespace

int main(int argc, char** argv)
{
    return report::write("signal", argc, argv, [](report& report) {
        const temporary_directory directory;
        const auto all = entrants(directory);
        const auto places = placements();
        for (const auto& place : places) latency(report, all, place);
        if (places.size() == 1) report.add_note("there is one processor: nothing was measured on two");
        inside(report, directory);
        disassembly(report);
    });
}
