// SPDX-License-Identifier: BSL-1.0
// What detaching costs a process that holds memory: how long until there is a daemon, until the launcher has exited, and
// until the daemon has written to the memory. A fork copies the page tables of the launcher, an exit gives them back,
// and the first write to each page afterwards is a page fault; with two plain forks all of that happens twice.
#include "subject.h"
#include "support/process.hpp"
#include "support/report.hpp"

#include <cstdint>
#include <cstring>
#include <map>
#include <sstream>
#include <stdexcept>

using namespace bench;

namespace {

struct way
{
    std::string name;
    bool ours;
};
const std::vector<way> ways{
    {"one_fork", false},    {"two_forks", false},  {"shared_intermediate", false},
    {"hand_over", false},   {"single_fork", true}, {"double_fork", true},
#if __has_include(<daemonkit/fork/handoff_fork.hpp>)
    {"handoff_fork", true},
#endif
};

/// One process that detaches.
subject_report detach(const words& command)
{
    subject_report told{};
    const auto text = output_of(command);
    if (text.size() != sizeof told) throw std::runtime_error(command[1] + ": no report came");
    std::memcpy(&told, text.data(), sizeof told);
    return told;
}

struct measured
{
    sample to_daemon{};
    sample to_daemon_in_detach{};
    sample to_exit{};
    sample early_time{};
    sample early_faults{};
    sample late_time{};
    sample late_faults{};
};

struct situation
{
    std::size_t mebibytes;
    std::string pages; ///< "small", "huge" or "cold"
    int rounds;
    int rounds_with_early_writes;
    std::string linkage = "";

    [[nodiscard]] std::string name() const
    {
        const auto size = mebibytes >= 1024 ? std::to_string(mebibytes / 1024) + " GiB"
                          : mebibytes > 0   ? std::to_string(mebibytes) + " MiB"
                                            : "nothing";
        const auto kind = pages == "cold"    ? ", caches as cold as with much"
                          : mebibytes == 0   ? ""
                          : pages == "small" ? " in pages of 4 KiB"
                                             : " in huge pages";
        return size + kind + (linkage.empty() ? "" : ", linked statically");
    }
};

constexpr double in_us(std::int64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1000; }

using by_way = std::map<std::string, measured>;

by_way measure(const situation& s)
{
    by_way results;
    const auto runs = [&](const std::string& when, auto take) {
        std::vector<std::function<void()>> actions;
        for (const auto& w : ways)
            actions.emplace_back([&, take, when] {
                take(results[w.name],
                     detach({DETACH_SUBJECT + s.linkage, w.name, std::to_string(s.mebibytes << 20U), s.pages, when}));
            });
        return actions;
    };
    in_random_order(s.rounds, runs("late", [](measured& m, const subject_report& told) {
                        m.to_daemon.add(in_us(told.runs - told.asks));
                        m.to_daemon_in_detach.add(in_us(told.runs - told.detaches));
                        m.to_exit.add(in_us(told.gone - told.asks));
                        m.late_time.add(in_us(told.late_time));
                        m.late_faults.add(static_cast<double>(told.late_faults));
                    }));
    in_random_order(s.rounds_with_early_writes, runs("early", [](measured& m, const subject_report& told) {
                        m.early_time.add(in_us(told.early_time));
                        m.early_faults.add(static_cast<double>(told.early_faults));
                    }));
    return results;
}

/// A sample and its ratio to the one of ONE fork by hand.
void add_ratio(std::vector<cell>& row, const sample& value, const sample& one_fork)
{
    row.emplace_back(value.quantile(0.5));
    row.emplace_back(value.quantile(0.5) / one_fork.quantile(0.5));
}

void add_tables(report& r, const situation& s, by_way& results)
{
    const auto& limit = results["one_fork"];
    table times{
        "detach with " + s.name() + ": medians in µs, and their ratios to one fork by hand",
        {"contender", "to the daemon", "ratio", "of which in detach()", "ratio", "to the launcher's exit", "ratio"},
        {}};
    table writes{"first writes with " + s.name() + ", to " + std::to_string(SUBJECT_WRITES) + " pages: medians",
                 {"contender", "µs, the launcher waits", "page faults", "µs, it has exited", "page faults"},
                 {}};
    for (const auto& w : ways) {
        const auto& m = results[w.name];
        const std::string name = (w.ours ? "" : "by hand: ") + w.name;
        times.rows.push_back({name});
        add_ratio(times.rows.back(), m.to_daemon, limit.to_daemon);
        add_ratio(times.rows.back(), m.to_daemon_in_detach, limit.to_daemon_in_detach);
        add_ratio(times.rows.back(), m.to_exit, limit.to_exit);
        writes.rows.push_back({name, m.early_time.quantile(0.5), m.early_faults.quantile(0.5),
                               m.late_time.quantile(0.5), m.late_faults.quantile(0.5)});
    }
    r.add(std::move(times));
    if (s.rounds_with_early_writes > 0) r.add(std::move(writes));
}

void add_goals(report& r, const situation& s, by_way& results, by_way& with_nothing)
{
    if (s.pages == "cold") return;
    const auto ratio = [](const sample& a, const sample& b) { return a.quantile(0.5) / b.quantile(0.5); };
    const auto& one = results["one_fork"];
    const auto& twice = results["double_fork"];
    r.add_goal("double_fork, " + s.name() + ": detach() to the daemon / one fork",
               ratio(twice.to_daemon_in_detach, one.to_daemon_in_detach), 1.15);
    r.add_goal("double_fork, " + s.name() + ": start() to the launcher's exit / one fork",
               ratio(twice.to_exit, one.to_exit), 1.15);
    const auto& handoff = results["handoff_fork"];
    if (s.mebibytes == 0 || handoff.to_exit.result().runs == 0) return;
    const auto& alone = with_nothing["handoff_fork"];
    r.add_goal("handoff_fork, " + s.name() + ": to the daemon / with nothing",
               ratio(handoff.to_daemon, alone.to_daemon), 1.5);
    r.add_goal("handoff_fork, " + s.name() + ": to the launcher's exit / with nothing",
               ratio(handoff.to_exit, alone.to_exit), 1.5);
    if (s.mebibytes == 4096)
        r.add_goal("handoff_fork, " + s.name() + ": to the launcher's exit, ms", handoff.to_exit.quantile(0.5) / 1000,
                   0.5);
    r.add_goal("handoff_fork, " + s.name() + ": page faults of the first writes",
               handoff.early_faults.quantile(1) + handoff.late_faults.quantile(1), 0);
}

std::size_t mebibytes_available()
{
    std::istringstream lines(text_of("/proc/meminfo"));
    for (std::string word; lines >> word;)
        if (std::size_t kibibytes = 0; word == "MemAvailable:" && lines >> kibibytes) return kibibytes / 1024;
    return 0;
}

std::vector<situation> situations(const report& r)
{
    std::vector<situation> all{{0, "small", r.rounds(400, 60), 0},
                               {0, "cold", r.rounds(41, 7), 0},
                               {256, "small", r.rounds(41, 5), r.rounds(5, 1)},
                               {1024, "small", r.rounds(15, 3), r.rounds(3, 1)}};
    if (r.quick()) return all;
    all.push_back({4096, "small", 7, 1});
    all.push_back({256, "huge", 21, 3});
    all.push_back({4096, "huge", 7, 1});
    all.push_back({0, "small", 400, 0, "_static"});
    return all;
}

} // namespace

int main(int argc, char** argv)
{
    return report::write("detach", argc, argv, [](report& r) {
        by_way with_nothing; // and with caches as cold as those of who has written much
        for (const auto& s : situations(r)) {
            // The pages that are written while the launcher waits exist twice.
            if (const auto available = mebibytes_available(); available < s.mebibytes + s.mebibytes / 4) {
                r.add_note(s.name() + " left out: only " + std::to_string(available) + " MiB are available");
                continue;
            }
            auto results = measure(s);
            if (s.pages == "cold") with_nothing = results;
            add_tables(r, s, results);
            add_goals(r, s, results, with_nothing);
        }
        const auto unasked = text_of("/sys/kernel/mm/transparent_hugepage/enabled");
        r.add_note(
            "All ways are in one program, daemonkit's too, since a fork copies the mappings of the libraries as "
            "well. daemonkit's start() looks at the threads and the standard descriptors before it detaches; "
            "nothing by hand does. Pages of 4 KiB are MADV_NOHUGEPAGE, huge ones MADV_HUGEPAGE; what this system "
            "gives unasked (transparent_hugepage/enabled): " +
            unasked.substr(0, unasked.find('\n')));
    });
}
