// SPDX-License-Identifier: BSL-1.0
// What is in a program of ours, and what does it do while it only waits? Beside a program by hand that brings in
// Boost.Filesystem in the same way.
#include "code/program.hpp"
#include "code/waits.hpp"

#include "support/contender.hpp"
#include "support/process.hpp"
#include "support/report.hpp"

#include <map>
#include <string>

namespace {

using namespace bench;

constexpr double kib = 1024;

struct subject
{
    const char* name;      ///< contender/code_NAME
    const char* reference; ///< what `beyond` is counted from
    const char* about;
};

constexpr subject subjects[] = {
    {"empty", nullptr, "a program that does nothing, linked as ours"},
    {"path", nullptr, "the same, including the header of Boost.Filesystem"},
    {"by_hand", nullptr, "start, stop and status by hand, with a path"},
    {"by_hand_guarded", nullptr, "the same with the guarantees of ours"},
    {"sysv_daemon", "by_hand_guarded", "start with the default policies"},
    {"bsd_daemon", "by_hand_guarded", "start with the parts of bsd_daemon"},
    {"systemd_daemon", "path", "no path in it: the reference is what the header brings"},
    {"container_daemon", "path", "the same"},
    {"bare", "empty", "none of the four families, and no header of Boost"},
};

std::string program_of(const std::string& name) { return program("code_" + name); }

void measure_programs(report& report)
{
    std::map<std::string, program_facts> facts;
    for (const auto& s : subjects) facts[s.name] = facts_of(program_of(s.name));
    table sizes{
        .title = "bytes of a program",
        .columns = {"program", "text", "of that code", "data", "zeroed data", "text beyond the reference", "what"},
        .id = "code"};
    table burdens{
        .title = "what the dynamic linker and the first steps find in it",
        .columns = {"program", "relocations", "initialisers", "guard variables of ours", "virtual tables of ours"}};
    for (const auto& s : subjects) {
        const auto& f = facts.at(s.name);
        const double beyond = s.reference != nullptr ? f.text - facts.at(s.reference).text : 0;
        sizes.rows.push_back(
            {s.name, f.text, f.code, f.data, f.zeroed, s.reference != nullptr ? cell(beyond) : cell(""), s.about});
        burdens.rows.push_back({s.name, f.relocations, f.initialisers, f.guards, f.tables});
        if (s.reference == nullptr) continue;
        const auto about = std::string("code, ") + s.name + ": ";
        report.add_count(about + "initialisers beyond the reference",
                         f.initialisers - facts.at(s.reference).initialisers);
    }
    const auto& ours = facts.at("sysv_daemon");
    report.add_count("text beyond the reference, default policies",
                     (ours.text - facts.at("by_hand_guarded").text) / kib, 24, "", "KiB");
    report.add_count("zeroed data (bss), default policies", ours.zeroed / kib, 8, "", "KiB");
    report.add(std::move(sizes));
    report.add(std::move(burdens));

    table largest{.title = "the largest functions with the default policies", .columns = {"bytes", "function"}};
    for (const auto& [name, size] : largest_functions(program_of("sysv_daemon"), 25))
        largest.rows.push_back({size, name});
    report.add(std::move(largest));
}

/// What a daemon says that it allocated between ready and its stop.
double allocations_of(const std::string& name)
{
    const temporary_directory directory;
    const auto file = directory / "count";
    output_of({program_of(name + "_allocations")}, {"PID_FILE=" + (directory / "pid"), "COUNT_FILE=" + file});
    return std::stod(text_of(file));
}

void measure_waiting(report& report)
{
    table t{.title = "heap allocations between ready and stop: 100 waits, 100 reloads, a stop",
            .columns = {"program", "allocations"}};
    for (const std::string name : {"sysv_daemon", "bsd_daemon"}) {
        const double count = allocations_of(name);
        t.rows.push_back({name, count});
        report.add_count("code, " + name + ": allocations between ready and stop", count);
    }
    report.add(std::move(t));

    table costs{.title =
                    "one wait_for(1ms) without an event, and one wait() with USR1: user instructions, system calls",
                .columns = {"signals", "call", "by hand", "the reference", "daemonkit", "÷ by hand", "÷ the reference",
                            "system calls by hand", "the reference", "daemonkit"},
                .id = "waits"};
    for (const auto& c : wait_costs()) {
        const double ratio = c.ours.instructions / c.reference.instructions;
        costs.rows.push_back({c.policy, c.call, c.by_hand.instructions, c.reference.instructions, c.ours.instructions,
                              c.ours.instructions / c.by_hand.instructions, ratio, c.by_hand.calls, c.reference.calls,
                              c.ours.calls});
        report.add_goal({.what = c.call + ": user instructions ÷ the reference",
                         .variant = c.policy,
                         .measured = exactly(ratio),
                         .bound = c.call == "wait()" ? 1.2 : 1.5});
        report.add_cost(
            {c.call + ", user instructions", c.policy, exactly(c.reference.instructions / c.by_hand.instructions)});
    }
    report.add(std::move(costs));
    report.add_note("stop_requested() in a hot loop is read in the question signal");
}

} // namespace

int main(int argc, char** argv)
{
    return report::write("code", argc, argv, [](report& report) {
        measure_programs(report);
        measure_waiting(report);
    });
}
