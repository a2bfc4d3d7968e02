// SPDX-License-Identifier: BSL-1.0
// Logs: what it costs a daemon to write a line, while the log is rotated every 100 ms, and whether each line is there
// afterwards, once and whole.
#include "keeper.hpp"
#include "support/report.hpp"

#include <algorithm>

namespace {

using namespace bench;
using namespace bench::logs;

struct entry
{
    keeper who{};
    std::string mode{};
    sample lines_per_second{};
    sample cpu_per_megabyte{};
    sample latency{};
    findings found{};
    int runs = 0;

    void measure(long lines)
    {
        auto run = write_lines(who, mode, lines);
        const auto most = run.latencies.begin() + static_cast<std::ptrdiff_t>(run.latencies.size() * 9999 / 10000);
        std::nth_element(run.latencies.begin(), most, run.latencies.end());
        lines_per_second.add(static_cast<double>(lines) / std::chrono::duration<double>(run.wall).count());
        cpu_per_megabyte.add(in_microseconds(run.cpu) / (static_cast<double>(lines * line_length) / 1e6));
        latency.add(*most / 1e3);
        found += run.found;
        ++runs;
    }
};

struct ratios
{
    double lines_per_second = 0;
    double cpu_per_megabyte = 0;
    double latency = 0;
};

ratios ratios_of(const entry& one, const entry& to)
{
    const auto of = [](const sample& a, const sample& b) { return a.result().median / b.result().median; };
    return {of(one.lines_per_second, to.lines_per_second), of(one.cpu_per_megabyte, to.cpu_per_megabyte),
            of(one.latency, to.latency)};
}

using entries = std::vector<entry>;

entries contenders(const std::string& mode)
{
    entries all;
    for (const auto& who : files()) all.push_back({.who = who, .mode = mode});
    if (mode == "write")
        for (const auto& who : programs_behind_a_pipe()) all.push_back({.who = who, .mode = mode});
    return all;
}

void tell(report& to, const std::string& title, const entries& all)
{
    const std::string tail = to.quick() ? "p99.99 µs, of few" : "p99.99 µs";
    table t{title,
            {"", "lines/s", "ratio", "CPU µs/MB", "ratio", tail, "ratio", "files a run", "lost", "doubled", "torn"},
            {}};
    for (const auto& one : all) {
        if (one.runs == 0) {
            t.rows.push_back({one.who.name, one.who.missing});
            continue;
        }
        const auto r = ratios_of(one, all.front());
        const auto count = [](long n) { return std::to_string(n); };
        t.rows.push_back({one.who.name, one.lines_per_second.result().median, r.lines_per_second,
                          one.cpu_per_megabyte.result().median, r.cpu_per_megabyte, one.latency.result().median,
                          r.latency, count(one.found.files / one.runs), count(one.found.lost), count(one.found.doubled),
                          count(one.found.torn)});
    }
    to.add(std::move(t));
}

void judge(report& to, const std::string& way, const entries& all)
{
    const auto& ours = all[2];
    const auto r = ratios_of(ours, all[0]);
    to.add_goal_at_least("log by " + way + ": lines/s / bare file reopened", r.lines_per_second, 0.98);
    to.add_goal_at_least("log by " + way + ": lines/s / bare file never reopened",
                         ratios_of(ours, all[1]).lines_per_second, 0.98);
    to.add_goal("log by " + way + ": CPU per MB / bare file reopened", r.cpu_per_megabyte, 1 / 0.98);
    to.add_goal("log by " + way + ": p99.99 of a write / bare file reopened", r.latency, 1 / 0.98,
                to.quick() ? "noise: a quick run has few lines that are so slow" : "");
    to.add_goal("log by " + way + ": lines lost, doubled or torn", static_cast<double>(ours.found.all()), 0,
                "in " + std::to_string(ours.found.files) + " files of " + std::to_string(ours.runs) + " runs");
}

} // namespace

int main(int argc, char** argv)
{
    return report::write("logs", argc, argv, [](report& to) {
        const long lines = to.quick() ? 200'000 : 1'000'000;
        auto by_write = contenders("write");
        auto by_stdio = contenders("stdio");
        auto by_thread = contenders("thread");
        std::vector<std::function<void()>> actions;
        for (auto* all : {&by_write, &by_stdio, &by_thread})
            for (auto& one : *all)
                if (one.who.missing.empty()) actions.push_back([&one, lines] { one.measure(lines); });
        in_random_order(to.rounds(31, 4), actions);

        tell(to, "a log line by line, write(2) to standard output and standard error by turns", by_write);
        tell(to, "the same by fwrite(3) to standard output", by_stdio);
        tell(to, "the same by write(2) in a second thread", by_thread);
        to.add_note("Lines of " + std::to_string(line_length) + " bytes, numbered, " + std::to_string(lines) +
                    " a run; files are renamed and reopened on HUP every 100 ms. The programs get them through a pipe "
                    "and rotate on ALRM, rotatelogs each 16 MiB; their CPU is that of both processes, their time ends "
                    "when the last line is in its file, and the latency is that of the write into the pipe. p99.99 is "
                    "the median of the runs' own, of which each is what " +
                    std::to_string(lines / 10'000) + " lines were slower than.");
        judge(to, "write(2)", by_write);
        judge(to, "fwrite(3)", by_stdio);
        judge(to, "a second thread", by_thread);
    });
}
