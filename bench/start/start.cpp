// SPDX-License-Identifier: BSL-1.0
// How long does a start take until the daemon is ready, and what does it cost beside time?
#include "start/start.hpp"

#include "contender/peers.hpp"
#include "support/count.hpp"

#include <algorithm>
#include <csignal>
#include <exception>
#include <functional>
#include <limits>
#include <memory>

namespace {

using bench::contender;

/// Contenders and the time each takes to be ready, in microseconds.
class race
{
public:
    void add(
        const contender& who, const std::string& pid_file,
        std::function<void(pid_t)> end = [](pid_t daemon) { bench::end(daemon); })
    {
        bench::contestant entry{who.name, {}, who.remark};
        if (!who.start.empty()) {
            const auto measure = [who, pid_file, end] {
                const auto result = bench::start(who, pid_file);
                end(result.daemon);
                return bench::in_microseconds(result.ready);
            };
            try {
                measure();
                runners_.push_back(entries_.size());
                measures_.emplace_back(measure);
            } catch (const std::exception& e) {
                entry.remark = e.what();
            }
        }
        entries_.push_back(entry);
    }

    void run(int rounds)
    {
        const auto figures = bench::interleaved(rounds, measures_);
        for (std::size_t i = 0; i < figures.size(); ++i) entries_[runners_[i]].result = figures[i];
    }

    [[nodiscard]] const std::vector<bench::contestant>& entries() const noexcept { return entries_; }
    [[nodiscard]] bench::contestant entry(const std::string& name) const
    {
        const auto found = std::ranges::find(entries_, name, &bench::contestant::name);
        return found != entries_.end() ? *found : bench::contestant{name, {}, "was not built"};
    }
    [[nodiscard]] std::vector<bench::contestant> entries(const std::vector<std::string>& names) const
    {
        std::vector<bench::contestant> chosen;
        for (const auto& name : names) chosen.push_back(entry(name));
        return chosen;
    }
    /// Of the medians; no number where one of them was not measured, so that no goal is met by it.
    [[nodiscard]] double ratio(const std::string& one, const std::string& other) const
    {
        const auto a = entry(one).result, b = entry(other).result;
        return a.runs != 0 && b.runs != 0 ? a.median / b.median : std::numeric_limits<double>::quiet_NaN();
    }

private:
    std::vector<bench::contestant> entries_;
    std::vector<std::size_t> runners_;
    std::vector<std::function<double()>> measures_;
};

const std::vector<std::string> dynamic{"by_hand_linked_alike", "by_hand_guarded",   "ours",
                                       "ours_single_fork",     "ours_handoff_fork", "by_hand"};
const std::vector<std::string> static_{"by_hand_static", "by_hand_guarded_static", "ours_static",
                                       "ours_single_fork_static", "ours_handoff_fork_static"};

void against_by_hand(bench::report& report, const bench::temporary_directory& directory)
{
    race all;
    for (const auto& names : {dynamic, static_})
        for (const auto& name : names) all.add(bench::built(name), directory / name);
    all.run(report.rounds(1000, 100));
    report.add_ratios("start to ready, linked dynamically to the same libraries (by_hand: to libc alone)", "µs",
                      all.entries(dynamic));
    report.add_ratios("start to ready, linked statically", "µs", all.entries(static_));
    report.add_goal("start: wall to ready / by_hand, dynamic", all.ratio("ours", "by_hand_linked_alike"), 1.03);
    report.add_goal("start: wall to ready / by_hand, static", all.ratio("ours_static", "by_hand_static"), 1.03);
    report.add_goal("start: wall to ready / by_hand with our guarantees, dynamic", all.ratio("ours", "by_hand_guarded"),
                    1.03);
    report.add_goal("start: wall to ready / by_hand with our guarantees, static",
                    all.ratio("ours_static", "by_hand_guarded_static"), 1.03);
}

void against_peers(bench::report& report, const bench::temporary_directory& directory)
{
    race all;
    for (const auto* name : {"by_hand", "ours", "ours_static", "libdaemon_static", "libdaemon_linked_alike"})
        all.add(bench::built(name), directory / name);
    std::vector<std::unique_ptr<bench::surroundings>> surroundings;
    std::vector<std::string> waiting;
    for (std::size_t i = 0; i < bench::peers("").size(); ++i) {
        const auto pid_file = directory / ("peer" + std::to_string(i));
        auto who = bench::peers(pid_file)[i];
        if (!who.waits && !who.start.empty())
            who.remark = "returns before it is ready" + (who.remark.empty() ? "" : "; " + who.remark);
        if (!who.start.empty()) surroundings.push_back(std::make_unique<bench::surroundings>(who, pid_file));
        all.add(who, pid_file, [who, pid_file](pid_t daemon) { bench::end(who, pid_file, daemon); });
        if (who.waits && all.entries().back().remark.empty()) waiting.push_back(who.name);
    }
    all.run(report.rounds(200, 20));
    report.add_ratios("start to ready, against everybody else, each linked as it comes", "µs", all.entries());
    report.add_goal("start: wall to ready / libdaemon, dynamic", all.ratio("ours", "libdaemon_linked_alike"), 1,
                    "linked to the same libraries");
    report.add_goal("start: wall to ready / libdaemon, static", all.ratio("ours_static", "libdaemon_static"), 1);
    for (const auto& name : waiting)
        report.add_goal("start: wall to ready / " + name + " as it comes", all.ratio("ours_static", name), 1,
                        "ours linked statically; dynamically " + std::to_string(all.ratio("ours", name)));
}

} // namespace

int main(int argc, char** argv)
{
    return bench::report::write("start", argc, argv, [](bench::report& report) {
        const bench::temporary_directory directory;
        against_by_hand(report, directory);
        against_peers(report, directory);
        count_instructions(report, directory);
        count_system_calls(report, directory);
    });
}
