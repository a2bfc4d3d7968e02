// SPDX-License-Identifier: BSL-1.0
// What a verb costs apart from time, in the linkages that can be compared.
#pragma once

#include "contender/both_linkages.hpp"
#include "contender/own_calls.hpp"
#include "support/count.hpp"

namespace bench {

/// System calls and user instructions of one verb of a daemon that runs, from main() to its exit; `times`: how often
/// instructions are counted, which is slow.
[[nodiscard]] inline table own_costs(const std::string& title, words contender::* verb, int times)
{
    const temporary_directory directory;
    const auto pid_file = directory / "pid";
    const words environment{"PID_FILE=" + pid_file};
    table t{title, {"contender", "system calls", "user instructions"}, {}};
    for (const auto& who : both_linkages_and_guarded()) {
        if (who.start.empty()) continue;
        const auto for_running = [&](auto measure) {
            start(who, pid_file);
            const auto measured = static_cast<double>(measure());
            run(who.stop, environment);
            return measured;
        };
        const auto list = directory / "calls";
        const double calls = for_running([&] {
            run(traced(who.*verb, list), environment);
            return from_main(calls_in(list)).size();
        });
        sample instructions; // the digits of a pid make a difference
        for (int i = 0; i < times; ++i)
            instructions.add(for_running([&] { return user_instructions_of_verb(who.*verb, pid_file); }));
        t.rows.push_back({who.name, calls, instructions.result().median});
    }
    return t;
}

} // namespace bench
