// SPDX-License-Identifier: BSL-1.0
// What do our headers cost a compiler, in time and in memory, beside those that they cannot do without?
#include "support/process.hpp"
#include "support/report.hpp"

#include <sys/resource.h>
#include <sys/wait.h>

#include <fstream>
#include <stdexcept>
#include <string>

namespace {

using namespace bench;

struct source
{
    const char* name;
    const char* text;
};

constexpr source sources[] = {
    {"what daemonkit.hpp cannot do without", "#include <boost/filesystem/operations.hpp>\n"
                                             "#include <boost/filesystem/path.hpp>\n"
                                             "#include <chrono>\n"
                                             "#include <csignal>\n"},
    {"daemonkit.hpp", "#include <daemonkit/daemonkit.hpp>\n"},
    {"daemonkit.hpp and a daemon", "#include <daemonkit/daemonkit.hpp>\n"
                                   "struct d : daemonkit::sysv_daemon<d>\n"
                                   "{\n"
                                   "    int run() { while (wait()) {} return 0; }\n"
                                   "};\n"
                                   "int main(int, char** argv) { return d{}.start({.pid = {.path = argv[1]}}); }\n"},
    {"filesystem", "#include <filesystem>\n"},
    {"a daemon of parts without paths", "#include BENCH_BARE\n"},
};
enum : std::size_t { needed, door, daemon, filesystem, bare, count };

struct compiler
{
    const char* name;
    const char* command;
};
constexpr compiler compilers[] = {BENCH_COMPILERS};

struct cost
{
    double milliseconds = 0; ///< of the processor
    double mebibytes = 0;    ///< at the peak
};

cost compile(const compiler& with, const std::string& file)
{
    const pid_t child = spawn({with.command, "-std=c++20", "-O2", "-DNDEBUG", "-I" BENCH_INCLUDE_DIR,
                               "-DBENCH_BARE=\"" BENCH_TEST_DIR "/daemon/bare.cpp\"", "-c", file, "-o", "/dev/null"});
    int status = 0;
    rusage used = {}; // of the whole family: a driver runs the compiler proper
    check(::wait4(child, &status, 0, &used), "wait for the compiler");
    if (status != 0) throw std::runtime_error(std::string(with.name) + " does not compile " + file);
    const auto milliseconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_usec) / 1e3;
    };
    return {milliseconds(used.ru_utime) + milliseconds(used.ru_stime), static_cast<double>(used.ru_maxrss) / 1024};
}

void measure(report& report)
{
    const temporary_directory directory;
    for (std::size_t i = 0; i < count; ++i) std::ofstream(directory / (std::to_string(i) + ".cpp")) << sources[i].text;
    for (const auto& with : compilers) {
        if (report.quick() && &with != std::begin(compilers)) break; // a third of the three minutes
        std::vector<sample> times(count), memories(count);
        std::vector<std::function<void()>> actions;
        for (std::size_t i = 0; i < count; ++i)
            actions.push_back([&, i] {
                const auto c = compile(with, directory / (std::to_string(i) + ".cpp"));
                times[i].add(c.milliseconds);
                memories[i].add(c.mebibytes);
            });
        in_random_order(report.rounds(15, 2), actions);

        table t{.title = std::string("one source, ") + with.name + " -O2",
                .columns = {"source", "CPU time, ms", "peak memory, MiB", "time ratio", "memory ratio", "to"}};
        const auto median = [](const sample& s) { return s.result().median; };
        for (std::size_t i = 0; i < count; ++i) {
            const auto to = i < filesystem ? needed : filesystem;
            t.rows.push_back({sources[i].name, median(times[i]), median(memories[i]),
                              median(times[i]) / median(times[to]), median(memories[i]) / median(memories[to]),
                              sources[to].name});
        }
        report.add(std::move(t));
        const auto add_goals = [&](std::size_t ours, std::size_t to, double limit) {
            const auto name =
                std::string("compile, ") + with.name + ": " + sources[ours].name + " / " + sources[to].name;
            report.add_goal(name + ", time", median(times[ours]) / median(times[to]), limit);
            report.add_goal(name + ", memory", median(memories[ours]) / median(memories[to]), limit);
        };
        add_goals(door, needed, 1.15);
        add_goals(bare, filesystem, 0.8);
    }
}

} // namespace

int main(int argc, char** argv) { return report::write("compile", argc, argv, measure); }
