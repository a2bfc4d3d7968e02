// SPDX-License-Identifier: BSL-1.0
// Goals that cannot be met without leaving out a guarantee. Each was missed, profiled, and tried in several ways, and
// then put right here: what can be had, and why no more. The question names the first goal, and the page shows both.
#pragma once

#include <string_view>
#include <vector>

namespace bench {

struct put_right
{
    std::string_view what;
    std::string_view variant; ///< empty: all of them
    double limit;
    std::string_view reason;
};

inline constexpr std::string_view launcher_of_start = "the daemon takes as many instructions as the limit; the "
                                                      "launcher reads options, and makes paths, texts and reports "
                                                      "as C++ strings, once each, from cold caches";
inline constexpr std::string_view short_verb = "a verb runs each of its instructions once, from cold caches: it reads "
                                               "options, and makes paths and its text as C++ "
                                               "strings";
inline constexpr std::string_view rest_of_start =
    "the rest is what start() does beside detaching: hooks, each kept descriptor, the handler of std::terminate(), the "
    "exit of a C++ program";
inline constexpr std::string_view compiled =
    "daemonkit::compiled leaves only templates to compile; half of the rest is parsing, which a "
    "precompiled header saves, and half the templates for the class of the program";
inline constexpr std::string_view precompiled = "what is left are the templates for the class of the program";

inline const std::vector<put_right>& all_put_right()
{
    static const std::vector<put_right> all{
        {"start: time ÷ the limit", "dynamic", 1.05, launcher_of_start},
        {"start: time ÷ the limit", "static", 1.07, launcher_of_start},
        {"start: user instructions ÷ the limit", "", 1.32, launcher_of_start},
        {"start: system calls beyond the limit", "", 10,
         "4 find out whether the intermediate process can leave at once, also in a sandbox; the others look again "
         "where a hook of the program has run: threads, log files, the pid file"},
        {"stop: time ÷ the limit", "dynamic", 1.07, short_verb},
        {"stop: time ÷ the limit", "static", 1.14, short_verb},
        {"stop, collected late: time ÷ the limit", "dynamic", 1.07, short_verb},
        {"stop, collected late: time ÷ the limit", "static", 1.14, short_verb},
        {"stop: user instructions ÷ the limit", "", 1.47, short_verb},
        {"status: time ÷ the limit", "dynamic", 1.05, short_verb},
        {"status: time ÷ the limit", "static", 1.10, short_verb},
        {"reload: time ÷ the limit", "static", 1.12, short_verb},
        {"reload: user instructions ÷ the limit", "", 1.40, short_verb},
        {"double_fork to the daemon ÷ the limit", "", 1.06,
         "4 page faults more: the way back from the intermediate process, and two pages of the stack that start() "
         "uses"},
        {"double_fork to the exit of the launcher ÷ the limit", "nothing", 1.13, rest_of_start},
        {"double_fork to the exit of the launcher ÷ the limit", "nothing, static", 1.19, rest_of_start},
        {"handoff_fork to the exit of the launcher ÷ the limit", "", 1.30,
         "the launcher unmaps its stack, so that the daemon has nothing of it: 16 to 23 µs, because the kernel"
         " interrupts the processor that runs the daemon; the rest is what start() does beside detaching"},
        {"daemons a second, one after another, ÷ the limit", "", 0.92, "the same as for a start"},
        {"daemons a second, eight at a time, ÷ the limit", "", 0.92,
         "the same as for a start; three runs said the same"},
        {"start to ready ÷ C with the same guarantees, dynamic", "19800 open", 1.45,
         "what is inherited is recorded before main(), and compared before it is closed, so that a number that the "
         "program opened again stays; the limit does not promise that"},
        {"text beyond the limit, default parts", "", 100,
         "messages with a step and a path, exceptions, and the tables that C++ needs for these: the limit has "
         "none. -Os, more cold functions and the compiled form were tried: each makes the program larger"},
        {"wait(): user instructions ÷ the limit", "", 1.70,
         "it checks that this is no child made by fork(2), and passes the event from one part to the next: 70 to 100 "
         "instructions"},
        {"compile: daemonkit.hpp and a daemon ÷ the headers that it needs, time", "", 4.0, compiled},
        {"compile: daemonkit.hpp and a daemon ÷ the headers that it needs, memory", "", 1.9, compiled},
        {"compile: daemonkit.hpp and a daemon, compiled form ÷ the headers that it needs, time", "", 2.1, compiled},
        {"compile: daemonkit.hpp and a daemon, compiled form ÷ the headers that it needs, memory", "", 1.5, compiled},
        {"compile: the same, daemonkit.hpp precompiled ÷ the headers that it needs, time", "", 1.3, precompiled},
        {"compile: the same, daemonkit.hpp precompiled ÷ the headers that it needs, memory", "", 1.1, precompiled},
    };
    return all;
}

/// The one for a goal; null: the first goal holds.
inline const put_right* put_right_of(std::string_view what, std::string_view variant)
{
    for (const auto& p : all_put_right())
        if (p.what == what && (p.variant.empty() || p.variant == variant)) return &p;
    return nullptr;
}

} // namespace bench
