// SPDX-License-Identifier: BSL-1.0
// What a guarantee needs is not looked up in a list: by_hand_named, the daemon written by hand with all of them, marks
// for which guarantee it makes each call. What ours makes beyond those is lost on the way.
#include "support/count.hpp"

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

void count_instructions(bench::report& report, const bench::temporary_directory& directory)
{
    bench::table t{"user instructions of all processes of a start, from main() to ready and the launcher's exit",
                   {"contender", "instructions", "to by_hand", "to by_hand with our guarantees"},
                   {}};
    const auto count = [&](const std::string& name) {
        bench::sample several; // the digits of a pid make a difference
        for (int i = 0; i < report.rounds(5, 1); ++i)
            several.add(static_cast<double>(bench::user_instructions(bench::built(name), directory / "pid")));
        return several.result().median;
    };
    for (const std::string linkage : {"", "_static"}) {
        const double by_hand = count(linkage.empty() ? "by_hand_linked_alike" : "by_hand_static");
        const double guarded = count("by_hand_guarded" + linkage);
        const double ours = count("ours" + linkage);
        const std::string suffix = linkage.empty() ? ", dynamic" : ", static";
        t.rows.push_back({"by_hand" + suffix, by_hand, 1.0, by_hand / guarded});
        t.rows.push_back({"by_hand with our guarantees" + suffix, guarded, guarded / by_hand, 1.0});
        t.rows.push_back({"ours" + suffix, ours, ours / by_hand, ours / guarded});
        report.add_goal("start: user instructions / by_hand" + suffix, ours / by_hand, 1.05);
        report.add_goal("start: user instructions / by_hand with our guarantees" + suffix, ours / guarded, 1.05);
    }
    report.add(std::move(t));
    report.add_note(
        "instructions: single-stepped on this processor; the dynamic linker binds all symbols before main()");
}

void count_system_calls(bench::report& report, const bench::temporary_directory& directory)
{
    const auto plain = counts_of("by_hand_static", directory);
    const auto guarded = counts_of("by_hand_guarded_static", directory);
    const auto ours = counts_of("ours_static", directory);
    auto named = by_guarantee(bench::system_calls(bench::built("by_hand_named"), directory / "pid"));
    named.erase("");

    bench::table guarantees{"system calls beyond by_hand that a guarantee needs", {"guarantee", "calls", "which"}, {}};
    for (const auto& [guarantee, calls] : named) guarantees.rows.push_back({guarantee, total(calls), to_text(calls)});
    guarantees.rows.push_back({"together", total(guarded) - total(plain), ""});
    report.add(std::move(guarantees));

    bench::table differences{"system calls from main() to ready and the launcher's exit",
                             {"call", "by_hand", "by_hand with our guarantees", "ours", "beyond"},
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
    report.add_goal("start: system calls beyond by_hand and those named", beyond, 0);
}
