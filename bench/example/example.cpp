// SPDX-License-Identifier: BSL-1.0
// Does the example of the README start as fast as a C program? Most of a small daemon's start is dynamic linking, and
// a static program does without. The C program does less: it keeps no log and reads no configuration.
#include "support/contender.hpp"
#include "support/report.hpp"

#include <unistd.h>

#include <utility>
#include <vector>

int main(int argc, char** argv)
{
    return bench::report::write("example", argc, argv, [](bench::report& report) {
        const bench::temporary_directory directory;
        bench::check(::chdir((directory / "").c_str()), "enter a temporary directory"); // clockd has its files there
        bench::race race;
        std::vector<bench::contestant> rows;
        for (const auto& [name, remark] :
             {std::pair{"by_hand", "C, dynamic"}, std::pair{"clockd_static", "the README's, static"},
              std::pair{"clockd", "the README's, dynamic"}, std::pair{"by_hand_static", "C, static"}}) {
            rows.push_back({name, nullptr, remark});
            if (const auto who = bench::built(name); !who.start.empty())
                rows.back().values = &race.of(race.add([who, pid_file = directory / "clockd.pid"] {
                    const auto result = bench::start(who, pid_file);
                    bench::end(result.daemon);
                    return std::vector{bench::in_microseconds(result.ready)};
                }));
        }
        race.run({.least = 200});
        report.add_ratios("start to ready of the README's example", "µs", rows, "example");
    });
}
