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
#include <utility>

namespace {

using bench::contender;

/// Contenders, the time each takes to be ready, and how much of that a processor works for it.
class race
{
public:
    using ender = std::function<void(pid_t)>;

    void add(const contender& who, const std::string& pid_file, ender end = [](pid_t daemon) { bench::end(daemon); })
    {
        runners_.push_back({who, pid_file, std::move(end)});
        auto& added = runners_.back();
        if (who.start.empty()) return;
        try {
            added.start();
        } catch (const std::exception& e) {
            added.who = {.name = who.name, .remark = e.what()};
        }
    }

    void run(int rounds)
    {
        std::vector<std::function<void()>> actions;
        for (auto& one : runners_)
            if (!one.who.start.empty())
                actions.emplace_back([&one] {
                    const auto result = one.start();
                    one.ready.add(bench::in_microseconds(result.ready));
                    one.cpu.add(bench::in_microseconds(result.cpu));
                });
        bench::in_random_order(rounds, actions);
    }

    /// Tables of those with these names, of all without any.
    void report_to(bench::report& report, const std::string& title, const std::vector<std::string>& names = {}) const
    {
        std::vector<bench::contestant> ready, cpu;
        for (const auto& one : runners_) {
            if (!names.empty() && std::ranges::find(names, one.who.name) == names.end()) continue;
            ready.push_back({one.who.name, one.ready.result(), one.who.remark});
            cpu.push_back({one.who.name, one.cpu.result(), one.who.remark});
        }
        report.add_ratios("start to ready, " + title, "µs", ready);
        report.add_ratios("processor time of all processes up to then, " + title, "µs", cpu);
    }

    /// Of the medians; no number where one of them was not measured, so that no goal is met by it.
    [[nodiscard]] double ratio(const std::string& one, const std::string& other) const
    {
        return median(one) / median(other);
    }

private:
    struct runner
    {
        contender who;
        std::string pid_file;
        ender end;
        bench::sample ready{};
        bench::sample cpu{};

        bench::started start() const
        {
            const auto result = bench::start(who, pid_file);
            end(result.daemon);
            return result;
        }
    };

    [[nodiscard]] double median(const std::string& name) const
    {
        const auto found = std::ranges::find(runners_, name, [](const runner& r) { return r.who.name; });
        const bool measured = found != runners_.end() && found->ready.result().runs != 0;
        return measured ? found->ready.result().median : std::numeric_limits<double>::quiet_NaN();
    }

    std::vector<runner> runners_;
};

const std::vector<std::string> dynamic{"by_hand_linked_alike", "by_hand_guarded",   "ours",
                                       "ours_single_fork",     "ours_handoff_fork", "by_hand"};
const std::vector<std::string> static_{"by_hand_static", "by_hand_guarded_static", "ours_static",
                                       "ours_single_fork_static", "ours_handoff_fork_static"};

void against_by_hand(bench::report& report, const bench::temporary_directory& directory)
{
    race all;
    for (const auto& names : {dynamic, static_})
        for (const auto& name : names) all.add(bench::built(name), directory / "pid");
    all.run(report.rounds(1000, 80));
    all.report_to(report, "linked dynamically to the same libraries (by_hand: to libc alone)", dynamic);
    all.report_to(report, "linked statically", static_);
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
        all.add(bench::built(name), directory / "pid");
    std::vector<std::unique_ptr<bench::surroundings>> surroundings;
    std::vector<std::string> waiting;
    for (std::size_t i = 0; i < bench::peers("").size(); ++i) {
        const auto pid_file = directory / ("peer" + std::to_string(i));
        auto who = bench::peers(pid_file)[i];
        if (!who.waits && !who.start.empty())
            who.remark = "returns before it is ready" + (who.remark.empty() ? "" : "; " + who.remark);
        if (!who.start.empty()) surroundings.push_back(std::make_unique<bench::surroundings>(who, pid_file));
        all.add(who, pid_file, [who, pid_file](pid_t daemon) { bench::end(who, pid_file, daemon); });
        if (who.waits && !who.start.empty()) waiting.push_back(who.name);
    }
    all.run(report.rounds(200, 5));
    all.report_to(report, "against everybody else, each linked as it comes");
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
