// SPDX-License-Identifier: BSL-1.0
// A race of one verb: time, and beside it what is steady on a machine that is not: user instructions, system calls,
// page faults and context switches.
#pragma once

#include "contender/linkages.hpp"
#include "contender/own_calls.hpp"
#include "support/count.hpp"

#include <functional>

namespace bench {

enum verb_quantity : std::size_t { wall, cpu, faults, switches, verb_quantities };

[[nodiscard]] inline std::vector<double> costs_of(nanoseconds took, const usage& used)
{
    return {in_microseconds(took), in_microseconds(used.cpu), static_cast<double>(used.faults),
            static_cast<double>(used.switches)};
}

/// What is counted, not timed, of one contender.
struct counts
{
    std::function<double()> instructions{}; ///< again each time: the digits of a pid make a difference
    double calls = 0;
};

/// User instructions of both linkages, with a goal against the reference; and the table of a verb.
class verb_table
{
public:
    verb_table(report& to, std::string what) : report_(to), what_(std::move(what)) {}

    void count(const std::string& name, const counts& all)
    {
        counted_.add(name, [measure = all.instructions] { return std::vector{measure()}; });
        calls_[name] = all.calls;
    }

    /// After all count().
    void settle_instructions(double bound)
    {
        report_.settle(race_, {.least = 7, .budget = std::chrono::seconds(10)},
                       counted_.against_the_reference(what_ + ": user instructions ÷ the reference", bound));
        counted_.add_costs(report_, what_ + ", user instructions");
    }

    /// One table a linkage; `others` are more rows, of the same linkage.
    void add_tables(const field& measured, const std::string& title, const std::string& id,
                    const std::function<std::vector<std::string>(const linkage&)>& others = {}) const
    {
        for (const auto& l : linkages) {
            table t{title + ", " + l.name,
                    {"contender", "median, µs", "quartiles", "÷ the reference (95 %)", "rounds", "processor, µs",
                     "user instructions", "system calls", "page faults", "context switches"},
                    {},
                    id + "." + l.name};
            std::vector<std::string> names{l.by_hand, l.reference, l.ours};
            if (others)
                for (auto& name : others(l)) names.push_back(std::move(name));
            for (const auto& name : names)
                if (measured.has(name)) t.rows.push_back(row(measured, name, l.reference));
            report_.add(std::move(t));
        }
    }

private:
    [[nodiscard]] std::vector<cell> row(const field& measured, const std::string& name,
                                        const std::string& reference) const
    {
        const auto time = measured.values(name, wall)->result();
        const auto median = [&](verb_quantity q) -> cell { return measured.values(name, q)->result().median; };
        const auto* const other = measured.values(reference, wall);
        std::vector<cell> cells{name_in_tables(name), time.median, in_range(time.low, time.high)};
        if (name == reference || other == nullptr)
            cells.emplace_back(name == reference ? "1" : "");
        else
            cells.emplace_back(to_text(ratio_of(*measured.values(name, wall), *other)));
        cells.emplace_back(static_cast<double>(time.runs));
        cells.push_back(median(cpu));
        const auto calls = calls_.find(name);
        const bool known = calls != calls_.end();
        cells.push_back(known ? cell(counted_.values(name)->result().median) : cell(""));
        cells.push_back(known ? cell(calls->second) : cell(""));
        cells.push_back(median(faults));
        cells.push_back(median(switches));
        return cells;
    }

    report& report_;
    std::string what_;
    race race_{};
    field counted_{race_};
    std::map<std::string, double> calls_{};
};

/// Counts a verb of a daemon that runs, from main() to its exit.
inline void count_verb(verb_table& to, words contender::* verb, const temporary_directory& directory)
{
    const auto pid_file = directory / "counted";
    const words environment{"PID_FILE=" + pid_file};
    for (const auto& l : linkages)
        for (const char* name : {l.by_hand, l.reference, l.ours}) {
            const auto who = built(name);
            const bool has_it = verb != &contender::reload || name != std::string(l.by_hand);
            if (who.start.empty() || !has_it) continue;
            const auto for_running = [who, pid_file, environment](const auto& measure) {
                start(who, pid_file);
                const auto measured = static_cast<double>(measure());
                run(who.stop, environment);
                return measured;
            };
            const auto list = directory / "calls";
            const double calls = for_running([&] {
                run(traced(who.*verb, list), environment);
                return from_main(calls_in(list)).size();
            });
            to.count(name, {[for_running, line = who.*verb, pid_file] {
                                return for_running([&] { return user_instructions_of_verb(line, pid_file); });
                            },
                            calls});
        }
}

} // namespace bench
