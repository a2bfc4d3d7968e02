// SPDX-License-Identifier: BSL-1.0
// A program with options of its own of every kind, a check, and exit statuses of its own. With PARSER=1 it parses the
// command line itself: `opted [VERB] [--file PATH] [--json]`. The daemon and every check write what they were given to
// the file named by SEEN.
#include "support/environment.hpp"
#include "support/file.hpp"

#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <boost/filesystem/path.hpp>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

struct configuration
{
    int port = 80;
    bool loud = false;
    std::chrono::milliseconds period{100};
    std::optional<double> ratio{};
    std::vector<std::string> peers{};
    std::vector<std::string> words{};
    std::string level = "info";

    [[nodiscard]] std::string text() const
    {
        std::string all = std::to_string(port) + (loud ? " loud " : " ") + std::to_string(period.count()) + " " +
                          (ratio ? std::to_string(*ratio) : "none") + " " + level;
        for (const auto& peer : peers) all += " peer=" + peer;
        for (const auto& word : words) all += " word=" + word;
        return all;
    }
};

/// A verb with a word behind it.
struct hello_verb
{
    static constexpr daemonkit::verb_help verbs[] = {{"hello", "NAME", "greet NAME", true}};
    template <class Derived>
    static int carry_out(const daemonkit::verb_call<Derived>& call)
    {
        std::puts(("hello " + std::string(call.asked.operand)).c_str());
        return 0;
    }
};

struct opted : daemonkit::sysv_daemon<opted>
{
    static constexpr const char* version = "1.2";
    using more_verbs = hello_verb;

    static void check(const configuration& c)
    {
        write_file(environment_variable("SEEN") + ".check", c.text());
        if (c.port < 10) throw std::runtime_error("port " + std::to_string(c.port) + " is below 10");
    }
    static int exit_status_of(const daemonkit::start_result& r)
    {
        const bool runs = r.outcome == daemonkit::start_outcome::already_running;
        return runs && std::getenv("STRICT") != nullptr ? 11 : r.status;
    }
    static int exit_status_of(const daemonkit::status_report& r)
    {
        return std::getenv("STRICT") != nullptr ? 20 + r.status() : r.status();
    }
    void on_reload() {}
    int run(const configuration& c)
    {
        write_file(environment_variable("SEEN"), c.text());
        while (wait()) {}
        return 0;
    }
};

opted::settings settings_of_this() { return {.pid = {.path = environment_variable("PID_FILE")}}; }

} // namespace

int main(int argc, char** argv)
{
    configuration c;
    if (std::getenv("PARSER") != nullptr) {
        const auto asked = daemonkit::take_verb<opted>(argc, argv);
        daemonkit::verb_options options;
        for (int i = 1; i < argc; ++i) {
            if (argv[i] == std::string("--json")) options.json = true;
            if (argv[i] == std::string("--file") && i + 1 < argc) c.words.emplace_back(argv[++i]);
        }
        opted daemon;
        return daemonkit::carry_out(daemon, asked, settings_of_this, options, c);
    }
    const auto level = [&](const char* text) {
        if (text != std::string("info") && text != std::string("debug")) throw std::runtime_error("info or debug");
        c.level = text;
    };
    const daemonkit::program_option options[] = {
        {.name = "port", .letter = 'p', .argument = "N", .help = "listen on port N", .value = c.port},
        {.name = "loud", .letter = 'l', .help = "say more", .value = c.loud},
        {.name = "period", .argument = "S", .help = "work every S seconds", .value = c.period},
        {.letter = 'r', .argument = "X", .help = "ratio", .value = c.ratio},
        {.name = "peer-with-a-long-name", .argument = "HOST", .help = "a peer", .value = c.peers},
        {.name = "level", .argument = "LEVEL", .help = "info or debug", .value = level},
        {.argument = "WORD...", .help = "words", .value = c.words}};
    return daemonkit::command_line<opted>(argc, argv, options, settings_of_this, c);
}
