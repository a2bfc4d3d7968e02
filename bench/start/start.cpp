// SPDX-License-Identifier: BSL-1.0
// How long does a start take until the daemon is ready, and what does it cost beside time?
#include "start/start.hpp"

#include "contender/peers.hpp"
#include "contender/verb_race.hpp"

#include <exception>
#include <memory>
#include <optional>

namespace {

using namespace bench;
using namespace std::chrono_literals;

std::vector<double> start_and_end(const contender& who, const std::string& pid_file)
{
    const auto result = start(who, pid_file);
    end(who, pid_file, result.daemon);
    return costs_of(result.ready, result.used);
}

/// Beside the default fork policy.
std::vector<std::string> other_policies(const linkage& l)
{
    const std::string suffix = l.name == std::string("static") ? "_static" : "";
    return {"ours_single_fork" + suffix, "ours_handoff_fork" + suffix};
}

/// In a new directory, so that no figure depends on one: support/contender.hpp, install_programs().
std::vector<double> start_and_end_elsewhere(const contender& who)
{
    const temporary_directory directory;
    return start_and_end(who, directory / "pid");
}

void against_the_reference(report& to, const temporary_directory& directory)
{
    race all;
    field by_name(all);
    for (const auto& l : linkages) {
        std::vector<std::string> names{l.by_hand, l.reference, l.ours};
        for (auto& name : other_policies(l)) names.push_back(std::move(name));
        for (const auto& name : names)
            if (const auto who = built(name); !who.start.empty())
                by_name.add(name, [who] { return start_and_end_elsewhere(who); }, verb_quantities);
    }
    to.settle(all, {.least = 60, .budget = 120s}, by_name.against_the_reference("start: time ÷ the reference", 1.03));
    by_name.add_costs(to, "start, time");

    verb_table counted(to, "start");
    count_starts(counted, directory);
    counted.settle_instructions(1.15);
    counted.add_tables(by_name, "start to ready", "start", other_policies);
}

/// What a user installs: a package of Debian. Ours is linked statically, as the page of bench/ advises.
void against_peers(report& to, const temporary_directory& directory)
{
    race all;
    std::vector<std::unique_ptr<surroundings>> around;
    struct row
    {
        contender who;
        std::optional<std::size_t> number{};
    };
    std::vector<row> rows;
    std::vector<ratio_goal> goals;
    const auto add = [&](contender who, const std::string& pid_file) {
        std::optional<std::size_t> number;
        if (!who.start.empty()) {
            try {
                around.push_back(std::make_unique<surroundings>(who, pid_file));
                start_and_end(who, pid_file);
                number = all.add([who, pid_file] { return start_and_end(who, pid_file); }, verb_quantities);
            } catch (const std::exception& e) {
                who.remark = e.what();
            }
        }
        rows.push_back({std::move(who), number});
    };
    add(built("ours_static"), directory / "pid");
    for (const char* name : {"ours", "ours_handoff_fork_static", "by_hand_guarded_static", "by_hand_static", "by_hand",
                             "libdaemon_linked_alike", "libdaemon_static"})
        add(built(name), directory / "pid");
    for (std::size_t i = 0; i < peers("").size(); ++i) {
        const auto pid_file = directory / ("peer" + std::to_string(i));
        auto who = peers(pid_file)[i];
        if (!who.waits && !who.start.empty())
            who.remark = "returns before it is ready" + (who.remark.empty() ? "" : "; " + who.remark);
        add(std::move(who), pid_file);
        const auto& added = rows.back();
        if (added.number && rows.front().number && added.who.waits)
            goals.push_back({"start: time ÷ a peer that waits until ready", added.who.name, *rows.front().number,
                             *added.number, 1, true, wall, ""});
    }
    to.settle(all, {.least = 40, .budget = 60s}, goals);
    std::vector<contestant> contestants;
    for (const auto& r : rows)
        contestants.push_back(
            {name_in_tables(r.who.name), r.number ? &all.of(*r.number, wall) : nullptr, r.who.remark});
    to.add_ratios("start to ready beside the peers, each as its package is", "µs", contestants, "start.peers");
}

} // namespace

int main(int argc, char** argv)
{
    return report::write("start", argc, argv, [](report& to) {
        const temporary_directory directory;
        against_the_reference(to, directory);
        name_guarantees(to, directory);
        if (!to.quick()) against_peers(to, directory);
    });
}
