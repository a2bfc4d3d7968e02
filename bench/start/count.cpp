// SPDX-License-Identifier: BSL-1.0
// What a guarantee needs is not looked up in a list: by_hand_named, the daemon written by hand with all of them, marks
// for which guarantee it makes each call. What ours makes beyond those is lost on the way.
#include "start/start.hpp"

#include <algorithm>
#include <map>

namespace {

using call_counts = std::map<std::string, int>;

double total(const call_counts& counts)
{
    int sum = 0;
    for (const auto& [name, count] : counts) sum += count;
    return sum;
}

std::string to_text(const call_counts& counts)
{
    std::string text;
    for (const auto& [name, count] : counts)
        text += (text.empty() ? "" : ", ") + name + (count > 1 ? " × " + std::to_string(count) : "");
    return text;
}

/// The calls of each guarantee, by the marks "for: …" of each process; those without one under "".
std::map<std::string, call_counts> by_guarantee(const std::vector<bench::system_call>& calls)
{
    std::map<std::string, call_counts> all;
    std::map<int, std::string> now;
    for (const auto& call : calls) {
        const std::string_view mark = "write(-1, \"for: ";
        if (call.text.starts_with(mark))
            now[call.process] = call.text.substr(mark.size(), call.text.find('"', mark.size()) - mark.size());
        else
            ++all[now[call.process]][call.name];
    }
    return all;
}

call_counts counts_of(const std::string& name, const bench::temporary_directory& directory)
{
    return by_guarantee(bench::system_calls(bench::built(name), directory / "pid"))[""];
}

} // namespace

void count_starts(bench::verb_table& to, const bench::temporary_directory& directory)
{
    for (const auto& l : bench::linkages)
        for (const char* name : {l.by_hand, l.reference, l.ours}) {
            const auto who = bench::built(name);
            if (who.start.empty()) continue;
            const auto pid_file = directory / "counted";
            to.count(name, {[who, pid_file] { return static_cast<double>(bench::user_instructions(who, pid_file)); },
                            static_cast<double>(bench::system_calls(who, pid_file).size())});
        }
}

void name_guarantees(bench::report& report, const bench::temporary_directory& directory)
{
    const auto plain = counts_of("by_hand_static", directory);
    const auto guarded = counts_of("by_hand_guarded_static", directory);
    const auto ours = counts_of("ours_static", directory);
    auto named = by_guarantee(bench::system_calls(bench::built("by_hand_named"), directory / "pid"));
    named.erase("");
    auto instructions = bench::user_instructions_by_mark(bench::built("by_hand_named"), directory / "pid");
    double calls_in_all = 0;
    double in_all = 0;

    bench::table guarantees{"system calls beyond by_hand that a guarantee needs",
                            {"guarantee", "calls", "user instructions", "which"},
                            {},
                            "guarantees"};
    for (const auto& [guarantee, calls] : named) {
        const auto count = static_cast<double>(instructions[guarantee]);
        guarantees.rows.push_back({guarantee, total(calls), count, to_text(calls)});
        calls_in_all += total(calls);
        in_all += count;
    }
    guarantees.rows.push_back({"together", calls_in_all, in_all, ""});
    report.add(std::move(guarantees));

    bench::table differences{"system calls from main() to ready and the launcher's exit",
                             {"call", "C by hand", "C with the same guarantees", "daemonkit", "beyond"},
                             {}};
    auto names = plain;
    names.insert(guarded.begin(), guarded.end());
    names.insert(ours.begin(), ours.end());
    const auto of = [](const call_counts& counts, const std::string& name) {
        const auto found = counts.find(name);
        return found != counts.end() ? static_cast<double>(found->second) : 0.0;
    };
    for (const auto& [name, count] : names)
        differences.rows.push_back(
            {name, of(plain, name), of(guarded, name), of(ours, name), of(ours, name) - of(guarded, name)});
    const double beyond = total(ours) - total(guarded);
    differences.rows.push_back({"all", total(plain), total(guarded), total(ours), beyond});
    report.add(std::move(differences));
    report.add_count("start: system calls beyond the reference", beyond);
}
