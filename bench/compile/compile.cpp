// SPDX-License-Identifier: BSL-1.0
// What do our headers cost a compiler, in time and in memory, beside those that they cannot do without?
#include "support/process.hpp"
#include "support/report.hpp"

#include <sys/resource.h>
#include <sys/wait.h>

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace bench;

struct source
{
    const char* name;
    const char* text;
};

#define BENCH_DAEMON                                  \
    "#include <daemonkit/daemonkit.hpp>\n"            \
    "struct d : daemonkit::sysv_daemon<d>\n"          \
    "{\n"                                             \
    "    int run() { while (wait()) {} return 0; }\n" \
    "};\n"                                            \
    "int main(int, char** argv) { return d{}.start({.pid = {.path = argv[1]}}); }\n"

constexpr source sources[] = {
    {"the standard's headers and Boost's path", "#include <boost/filesystem/path.hpp>\n"
                                                "#include <chrono>\n"
                                                "#include <csignal>\n"
                                                "#include <filesystem>\n"
                                                "#include <string>\n"},
    {"daemonkit.hpp", "#include <daemonkit/daemonkit.hpp>\n"},
    {"daemonkit.hpp and a daemon", BENCH_DAEMON},
    {"a daemon of parts without paths", "#include BENCH_BARE\n"},
    {"<filesystem>", "#include <filesystem>\n"},
    {"<string>", "#include <string>\n"},
#ifdef BENCH_COMPILED_DEFINITION
    {"daemonkit.hpp and a daemon, compiled form", "#define " BENCH_COMPILED_DEFINITION "\n" BENCH_DAEMON},
    {"the same, daemonkit.hpp precompiled", BENCH_DAEMON},
#endif
};
enum : std::size_t {
    needed,
    door,
    daemon,
    bare,
    filesystem,
    string,
    compiled,
    precompiled,
    count = std::size(sources)
};

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

cost compile(const compiler& with, const std::string& file, const std::string& into = "/dev/null",
             const std::vector<std::string>& flags = {})
{
    std::vector<std::string> command{
        with.command, "-std=c++20",           "-O2",
        "-DNDEBUG",   "-I" BENCH_INCLUDE_DIR, "-DBENCH_BARE=\"" BENCH_TEST_DIR "/daemon/bare.cpp\""};
    command.insert(command.end(), flags.begin(), flags.end());
    command.insert(command.end(), {"-c", file, "-o", into});
    const pid_t child = spawn(command);
    int status = 0;
    rusage used = {}; // of the whole family: a driver runs the compiler proper
    check(::wait4(child, &status, 0, &used), "wait for the compiler");
    if (status != 0) throw std::runtime_error(std::string(with.name) + " does not compile " + file);
    const auto in_ms = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_usec) / 1e3;
    };
    return {in_ms(used.ru_utime) + in_ms(used.ru_stime), static_cast<double>(used.ru_maxrss) / 1024};
}

enum quantity : std::size_t { milliseconds, mebibytes, quantities };

void measure(report& report)
{
    const temporary_directory directory;
    const auto file = [&](std::size_t i) { return directory / (std::to_string(i) + ".cpp"); };
    for (std::size_t i = 0; i < count; ++i) std::ofstream(file(i)) << sources[i].text;
    for (const auto& with : compilers) {
        if (report.quick() && &with != std::begin(compilers)) break;
        race all;
        for (std::size_t i = 0; i < count; ++i) {
            std::vector<std::string> flags;
#ifdef BENCH_COMPILED_DEFINITION
            if (i == precompiled) {
                const auto header = directory / "first.hpp";
                std::ofstream(header) << "#include <daemonkit/daemonkit.hpp>\n";
                compile(with, header, header + ".gch", {"-D" BENCH_COMPILED_DEFINITION, "-x", "c++-header"});
                flags = {"-D" BENCH_COMPILED_DEFINITION, "-include", header};
            }
#endif
            all.add(
                [&with, source_file = file(i), flags] {
                    const auto c = compile(with, source_file, "/dev/null", flags);
                    return std::vector{c.milliseconds, c.mebibytes};
                },
                quantities);
        }
        std::vector<ratio_goal> goals;
        for (const std::size_t ours : {std::size_t{daemon}, std::size_t{compiled}, std::size_t{precompiled}}) {
            if (ours >= count) continue;
            const auto what = std::string("compile: ") + sources[ours].name + " ÷ the headers that it needs";
            goals.push_back({what + ", time", with.name, ours, needed, 1, true, milliseconds, ""});
            goals.push_back({what + ", memory", with.name, ours, needed, 1, true, mebibytes, ""});
        }
        report.settle(all, {.least = 6, .budget = std::chrono::seconds(40)}, goals);

        table t{.title = std::string("one source, ") + with.name + " -O2",
                .columns = {"source", "CPU time, ms", "÷ the headers (95 %)", "peak memory, MiB",
                            "÷ the headers (95 %)", "rounds"},
                .id = std::string("compile.") + with.name};
        for (std::size_t i = 0; i < count; ++i) {
            t.rows.push_back({sources[i].name});
            for (const auto q : {milliseconds, mebibytes}) {
                t.rows.back().emplace_back(all.of(i, q).quantile(0.5));
                t.rows.back().emplace_back(i == needed ? "1" : to_text(ratio_of(all.of(i, q), all.of(needed, q))));
            }
            t.rows.back().emplace_back(static_cast<double>(all.of(i).measured().size()));
        }
        report.add(std::move(t));
    }
}

} // namespace

int main(int argc, char** argv) { return report::write("compile", argc, argv, measure); }
