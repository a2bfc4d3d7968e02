// SPDX-License-Identifier: BSL-1.0
// Logs: what it costs a daemon to write a line, while the log is rotated every 100 ms, and whether each line is there
// afterwards, once and whole.
#include "keeper.hpp"
#include "support/report.hpp"

#include <algorithm>

namespace {

using namespace bench;
using namespace bench::logs;

enum quantity : std::size_t { lines_per_second, cpu_per_megabyte, latency, quantities };

struct entry
{
    keeper who{};
    std::string mode{};
    std::size_t number = 0;
    findings found{};
    int runs = 0;

    std::vector<double> measure(long lines)
    {
        if (!who.missing.empty()) return {};
        auto run = write_lines(who, mode, lines);
        const auto most = run.latencies.begin() + static_cast<std::ptrdiff_t>(run.latencies.size() * 9999 / 10000);
        std::nth_element(run.latencies.begin(), most, run.latencies.end());
        found += run.found;
        ++runs;
        return {static_cast<double>(lines) / std::chrono::duration<double>(run.wall).count(),
                in_microseconds(run.cpu) / (static_cast<double>(lines * line_length) / 1e6), *most / 1e3};
    }
};

/// One way to write: a bare file reopened by hand first, the same never reopened, ours, and others.
struct group
{
    std::string way;
    std::string title;
    std::string id;
    std::vector<entry> entries{};
};

group contenders(const std::string& way, const std::string& title, const std::string& mode)
{
    group all{way, title, "logs." + mode};
    for (const auto& who : files()) all.entries.push_back({.who = who, .mode = mode});
    if (mode == "write")
        for (const auto& who : programs_behind_a_pipe()) all.entries.push_back({.who = who, .mode = mode});
    return all;
}

void tell(report& to, const race& all, const group& g)
{
    table t{g.title,
            {"", "lines/s", "÷ bare (95 %)", "CPU µs/MB", "÷ bare (95 %)", "p99.99 µs", "÷ bare (95 %)", "rounds",
             "files a run", "lost", "doubled", "torn"},
            {},
            g.id};
    for (const auto& one : g.entries) {
        if (one.runs == 0) {
            t.rows.push_back({one.who.name, one.who.missing});
            continue;
        }
        std::vector<cell> row{one.who.name};
        for (const auto q : {lines_per_second, cpu_per_megabyte, latency}) {
            row.emplace_back(all.of(one.number, q).quantile(0.5));
            const auto& bare = all.of(g.entries.front().number, q);
            row.emplace_back(&one == &g.entries.front() ? "1" : to_text(ratio_of(all.of(one.number, q), bare)));
        }
        row.emplace_back(static_cast<double>(all.of(one.number).measured().size()));
        for (const long n :
             {long{one.found.files / one.runs}, long{one.found.lost}, long{one.found.doubled}, long{one.found.torn}})
            row.emplace_back(std::to_string(n));
        t.rows.push_back(std::move(row));
    }
    to.add(std::move(t));
    const auto& ours = g.entries[2];
    to.add_count("log by " + g.way + ": lines lost, doubled or torn", static_cast<double>(ours.found.all()), 0,
                 "in " + std::to_string(ours.found.files) + " files of " + std::to_string(ours.runs) + " runs");
}

} // namespace

int main(int argc, char** argv)
{
    return report::write("logs", argc, argv, [](report& to) {
        constexpr long lines = 500'000;
        std::vector<group> groups{
            contenders("write(2)", "a log line by line, write(2) to standard output and standard error by turns",
                       "write"),
            contenders("fwrite(3)", "the same by fwrite(3) to standard output", "stdio"),
            contenders("a second thread", "the same by write(2) in a second thread", "thread")};
        race all;
        std::vector<ratio_goal> goals;
        for (auto& g : groups) {
            for (auto& one : g.entries) one.number = all.add([&one, lines] { return one.measure(lines); }, quantities);
            goals.push_back({"log lines a second ÷ a bare O_APPEND file", g.way, g.entries[2].number,
                             g.entries[0].number, 0.98, false, lines_per_second, ""});
        }
        to.settle(all, {.least = 10, .budget = std::chrono::seconds(150)}, goals);
        for (const auto& g : groups) tell(to, all, g);
        to.add_note("Lines of " + std::to_string(line_length) + " bytes, numbered, " + std::to_string(lines) +
                    " a run; files are renamed and reopened on HUP every 100 ms. The programs get them through a pipe "
                    "and rotate on ALRM, rotatelogs each 16 MiB; their CPU is that of both processes, their time ends "
                    "when the last line is in its file, and the latency is that of the write into the pipe. p99.99 is "
                    "the median of the runs' own, of which each is what " +
                    std::to_string(lines / 10'000) + " lines were slower than.");
    });
}
