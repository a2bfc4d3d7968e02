// SPDX-License-Identifier: BSL-1.0
// How long does a start take until the daemon is ready, and what does it cost beside time?
#include "support/contender.hpp"
#include "support/count.hpp"
#include "support/report.hpp"

int main(int argc, char** argv)
{
    return bench::report::write("start", argc, argv, [](bench::report& report) {
        const bench::temporary_directory directory;
        std::vector<bench::contestant> contestants;
        std::vector<std::function<double()>> measures;
        for (const auto* name :
             {"by_hand_linked_alike", "by_hand", "by_hand_static", "ours", "ours_single_fork", "ours_static"}) {
            contestants.push_back({name});
            measures.push_back([who = bench::built(name), pid_file = directory / name] {
                const auto result = bench::start(who, pid_file);
                bench::end(result.daemon);
                return bench::in_microseconds(result.ready);
            });
        }
        const auto figures = bench::interleaved(report.rounds(400, 100), measures);
        for (std::size_t i = 0; i < figures.size(); ++i) contestants[i].result = figures[i];
        report.add_ratios("start to ready", "µs", contestants);
        report.add_goal("start: wall to ready / by_hand", figures[3].median / figures[0].median, 1.03);
        for (const auto* name :
             {"by_hand_linked_alike", "by_hand", "by_hand_static", "ours", "ours_single_fork", "ours_static"})
            std::printf("%s: %zu calls, %ld instructions\n", name,
                        bench::system_calls(bench::built(name), directory / name).size(),
                        bench::user_instructions(bench::built(name), directory / name));
    });
}
