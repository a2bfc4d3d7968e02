// SPDX-License-Identifier: BSL-1.0
// Does the example of the README start as fast as a C program? Most of a small daemon's start is dynamic linking, and
// whoever links statically does without. The C program does less: it keeps no log and reads no configuration.
#include "support/contender.hpp"
#include "support/report.hpp"

#include <unistd.h>

#include <functional>

int main(int argc, char** argv)
{
    return bench::report::write("example", argc, argv, [](bench::report& report) {
        const bench::temporary_directory directory;
        bench::check(::chdir((directory / "").c_str()), "enter a temporary directory"); // clockd has its files there
        std::vector<bench::contestant> entries{{"by_hand", {}, "C, dynamic"},
                                               {"clockd_static", {}, "the README's, static"},
                                               {"clockd", {}, "the README's, dynamic"},
                                               {"by_hand_static", {}, "C, static"}};
        std::vector<std::function<double()>> measures;
        for (const auto& entry : entries)
            measures.emplace_back([who = bench::built(entry.name), pid_file = directory / "clockd.pid"] {
                const auto result = bench::start(who, pid_file);
                bench::end(result.daemon);
                return bench::in_microseconds(result.ready);
            });
        const auto figures = bench::interleaved(report.rounds(1000, 100), measures);
        for (std::size_t i = 0; i < figures.size(); ++i) entries[i].result = figures[i];
        report.add_ratios("start to ready of the README's example", "µs", entries);
        report.add_goal("example: README's example, static / minimal C, dynamic", figures[1].median / figures[0].median,
                        0.9);
    });
}
