// SPDX-License-Identifier: BSL-1.0
// What a question says at its end: tables of ratios, goals met or missed, the same as JSON. The whole of the driver:
//
//   report.hpp     bench::report: flags, tables, goals, JSON         json.hpp     its writer
//   rounds.hpp     bench::interleaved, in_random_order, sample, figure (median, quartiles)
//   process.hpp    bench::run, spawn, output_of, pidfd, now, temporary_directory, descriptor, make_pipe
//   contender.hpp  bench::built("by_hand"), with_verbs, start, end: daemons timed to ready, of bench/contender
//   count.hpp      bench::system_calls, bench::user_instructions: of a start, from main() to ready
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
//           const auto time = [&](const char* name) { return [=, &directory] { ...; return in_microseconds(t); }; };
//           const auto figures = bench::interleaved(report.rounds(400, 40), {time("by_hand"), time("ours")});
//           report.add_ratios("start to ready", "µs", {{"by_hand", figures[0]}, {"ours", figures[1]}});
//           report.add_goal("start to ready: wall / by_hand", figures[1].median / figures[0].median, 1.03);
//       });
//   }
#pragma once

#include "support/rounds.hpp"

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
};

struct goal
{
    std::string name{};
    double value = 0;
    double limit = 0;
    bool at_most = true; ///< else at least
    std::string remark{};

    [[nodiscard]] bool met() const { return at_most ? value <= limit : value >= limit; }
};

/// A contender of a table of ratios: its figure, or why there is none.
struct contestant
{
    std::string name{};
    figure result{};
    std::string remark{};
};

class report
{
public:
    /// Flags: --quick, --json FILE. Throws std::invalid_argument on others.
    report(std::string question, int argc, char** argv);

    /// Whether the whole of bench/ is to be done in three minutes.
    [[nodiscard]] bool quick() const noexcept { return quick_; }
    [[nodiscard]] int rounds(int usual, int in_quick) const noexcept { return quick_ ? in_quick : usual; }

    void add(table t);
    /// A table of medians, quartiles and ratios to the first contestant. Without runs there is only the remark.
    void add_ratios(const std::string& title, const std::string& unit, const std::vector<contestant>& contestants);

    /// `value` is measured in this run.
    void add_goal(const std::string& name, double value, double at_most, const std::string& remark = {});
    void add_goal_at_least(const std::string& name, double value, double at_least, const std::string& remark = {});
    /// A sentence below the tables: what was left out, and why.
    void add_note(const std::string& text);

    /// main(): prints each table as soon as it is added and the goals at the end, as lines that begin with "met" or
    /// "missed", and writes the JSON. 0 whether goals are met or not; 1 if something could not be measured.
    static int write(const std::string& question, int argc, char** argv, const std::function<void(report&)>& measure);

private:
    [[nodiscard]] std::string to_json() const;
    void finish() const;

    std::string question_;
    bool quick_ = false;
    std::string json_file_{};
    std::vector<table> tables_{};
    std::vector<goal> goals_{};
    std::vector<std::string> notes_{};
};

} // namespace bench
