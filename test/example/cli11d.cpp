// SPDX-License-Identifier: BSL-1.0
// The program's own parser, CLI11: take_verb() takes the verb, the parser reads the rest, carry_out() does the rest of
// command_line(). Without a verb, --daemon and --foreground start it, as old programs do.
#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <CLI/CLI.hpp>
#include <boost/filesystem/operations.hpp>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>

struct configuration
{
    std::string message = "tick";
};

configuration read_configuration(const std::string& file)
{
    configuration read;
    std::ifstream in(file);
    if (!std::getline(in, read.message)) throw std::runtime_error("cannot read " + file);
    return read;
}

struct cli11d : daemonkit::sysv_daemon<cli11d, daemonkit::log_file_stdio>
{
    int run(const configuration& c)
    {
        do std::puts(c.message.c_str());
        while (wait_for(std::chrono::seconds(1)));
        return EXIT_SUCCESS;
    }
};

int main(int argc, char** argv)
{
    //! [parser]
    auto verb = daemonkit::take_verb(argc, argv);
    std::string file = "cli11d.conf";
    bool detach = false;
    bool stay = false;
    double seconds = 0;
    daemonkit::verb_options options;
    CLI::App parser("Writes a line every second.");
    parser.footer("Verbs:\n" + daemonkit::verb_list<cli11d>());
    parser.add_option("--config", file, "configuration file");
    parser.add_option("--timeout", seconds, "wait at most this many seconds");
    parser.add_flag("--json", options.json, "status: print one JSON object");
    parser.add_flag("--daemon,-d", detach, "the same as the verb start");
    parser.add_flag("--foreground,-f", stay, "the same as the verb run");
    CLI11_PARSE(parser, argc, argv);
    if (seconds > 0) options.timeout = daemonkit::sys::saturate(std::chrono::duration<double>(seconds));
    if (!verb && detach) verb = "start";
    if (!verb && stay) verb = "run";

    cli11d daemon;
    configuration c; // empty for the verbs that do not need it: status works with a broken configuration
    const auto settings = [&]() -> cli11d::settings {
        if (verb == "start" || verb == "restart" || verb == "run") c = read_configuration(file);
        const auto here = boost::filesystem::current_path();
        return {.pid = {.path = here / "cli11d.pid"}, .stdio = {.output = here / "cli11d.log"}};
    };
    return daemonkit::carry_out(daemon, verb, settings, options, c);
    //! [parser]
}
