// SPDX-License-Identifier: BSL-1.0
// What a question says at its end: tables, goals with their intervals, the same as JSON. The whole of the driver:
//
//   report.hpp      bench::report: flags, tables, goals, JSON         json.hpp     its writer
//   race.hpp        bench::race: rounds of all contenders, until each goal can be told
//   relaxed.hpp   bench::relaxed_goal: goals that were missed, what they are now, and why
//   statistics.hpp  bench::sample, interval, ratio_of, judge
//   process.hpp     bench::run, spawn, output_of, pidfd, now, temporary_directory, descriptor, make_pipe
//   contender.hpp   bench::built("by_hand"), with_verbs, start, end: daemons timed to ready, of bench/contender
//   count.hpp       bench::system_calls, bench::user_instructions: of a start, from main() to ready
//
// A question is a folder with a CMakeLists.txt,
//
//   daemonkit_add_question(start start.cpp)     # the executable bench_start, with the driver
//
// and a main() like this one; contenders are programs (daemonkit_add_contender in bench/CMakeLists.txt).
//
//   int main(int argc, char** argv)
//   {
//       return bench::report::write("start", argc, argv, [](bench::report& report) {
//           const bench::temporary_directory directory;
//           const auto time = [&](const char* name) { return [=, &directory] { ...; return std::vector{µs}; }; };
//           bench::race race;
//           const auto reference = race.add(time("by_hand_guarded")), ours = race.add(time("ours"));
//           report.settle(race, {.least = 50, .budget = 60s},
//                         {{"start: time ÷ the reference", "dynamic", ours, reference, 1.03}});
//           report.add_ratios("start to ready", "µs",
//                             {{"the reference", &race.of(reference)}, {"ours", &race.of(ours)}});
//       });
//   }
#pragma once

#include "support/process.hpp"
#include "support/race.hpp"

#include <functional>
#include <string>
#include <variant>
#include <vector>

namespace bench {

/// Text, or a number that is printed with as many digits as tell it from its neighbours.
using cell = std::variant<std::string, double>;

struct table
{
    std::string title{};
    std::vector<std::string> columns{};
    std::vector<std::vector<cell>> rows{};
    std::string id{}; ///< of a table that the page shows, or a picture draws
};

struct goal
{
    std::string what{};
    std::string variant{}; ///< of goals with the same `what`
    interval measured{};
    double bound = 0;
    bool at_most = true; ///< else at least
    std::string unit{};  ///< none: a ratio
    std::string remark{};
    double original = bound; ///< before it was relaxed
    std::string reason{};    ///< why it was

    [[nodiscard]] verdict judged() const { return judge(measured, bound, at_most); }
};

/// A ratio that is no goal: what a guarantee costs.
struct cost
{
    std::string what{};
    std::string variant{};
    interval ratio{};
};

/// A contender of a table of ratios: its values, or why there are none.
struct contestant
{
    std::string name{};
    const sample* values = nullptr;
    std::string remark{};
};

/// "1.2 … 1.4", of a quantity with its own number of digits.
[[nodiscard]] std::string in_range(double low, double high);

/// "1.02 (1.01 … 1.04)"; the value alone if it was counted.
[[nodiscard]] std::string to_text(const interval& measured);

class report
{
public:
    /// Flags: --quick, --json FILE. Throws std::invalid_argument on others.
    report(std::string question, int argc, char** argv);

    /// Whether only the most important questions are asked. They are asked with as many rounds.
    [[nodiscard]] bool quick() const noexcept { return quick_; }

    void add(table t);
    /// A table of medians, quartiles and ratios to the first contestant that was measured, with their intervals.
    void add_ratios(const std::string& title, const std::string& unit, const std::vector<contestant>& contestants,
                    const std::string& id = {});

    /// Runs the race until each goal can be told, or the budget is spent. The goals are then those of this report.
    void settle(race& all, const plan& until, const std::vector<ratio_goal>& goals);
    /// Judged by the relaxed goal, if there is one.
    void add_goal(goal one);
    /// Something counted that must be zero, or at most `bound`.
    void add_count(const std::string& what, double count, double bound = 0, const std::string& remark = {},
                   const std::string& unit = "in all");
    void add_cost(cost one);
    /// A sentence below the tables: what was left out, and why.
    void add_note(const std::string& text);

    /// main(): prints each table as soon as it is added and the goals at the end, as lines that begin with "met",
    /// "missed" or "cannot be told", and writes the JSON. 0 whatever the goals; 1 if something could not be measured.
    static int write(const std::string& question, int argc, char** argv, const std::function<void(report&)>& measure);

private:
    [[nodiscard]] std::string to_json() const;
    void finish() const;

    std::string question_;
    bool quick_ = false;
    std::string json_file_{};
    std::vector<table> tables_{};
    std::vector<goal> goals_{};
    std::vector<cost> costs_{};
    std::vector<std::string> notes_{};
};

} // namespace bench
