// SPDX-License-Identifier: BSL-1.0
// The program's own parser, Boost.Program_options: take_verb() takes the verb, the parser reads the rest, carry_out()
// does the rest of command_line(). Without a verb, --daemon and --foreground start it, as old programs do.
#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <boost/filesystem/operations.hpp>
#include <boost/program_options.hpp>

#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>

struct program_optionsd : daemonkit::sysv_daemon<program_optionsd, daemonkit::log_file_stdio>
{
    //! [status]
    // For an init script that must fail if the daemon already runs.
    static int exit_status_of(const daemonkit::start_result& r)
    {
        return r.outcome == daemonkit::start_outcome::already_running ? 1 : r.status;
    }
    //! [status]

    int run(const std::string& message)
    {
        do std::puts(message.c_str());
        while (wait_for(std::chrono::seconds(1)));
        return EXIT_SUCCESS;
    }
};

int main(int argc, char** argv)
try {
    //! [parser]
    namespace po = boost::program_options;
    auto verb = daemonkit::take_verb(argc, argv);
    std::string message;
    daemonkit::verb_options options;
    po::options_description all("Options");
    all.add_options()("message", po::value(&message)->default_value("tick"), "what to write");
    all.add_options()("json", po::bool_switch(&options.json), "status: print one JSON object");
    all.add_options()("daemon", "the same as the verb start")("foreground", "the same as the verb run");
    all.add_options()("help", "print this text");
    po::variables_map given;
    po::store(po::parse_command_line(argc, argv, all), given);
    po::notify(given);
    if (given.count("help") != 0) {
        std::ostringstream text;
        text << daemonkit::verb_list<program_optionsd>() << '\n' << all;
        std::fputs(text.str().c_str(), stdout);
        return daemonkit::exit_status::done;
    }
    if (!verb && given.count("daemon") != 0) verb = "start";
    if (!verb && given.count("foreground") != 0) verb = "run";

    program_optionsd daemon;
    const auto settings = []() -> program_optionsd::settings {
        const auto here = boost::filesystem::current_path();
        return {.pid = {.path = here / "program_optionsd.pid"}, .stdio = {.output = here / "program_optionsd.log"}};
    };
    return daemonkit::carry_out(daemon, verb, settings, options, message);
    //! [parser]
} catch (const boost::program_options::error& e) {
    std::fprintf(stderr, "program_optionsd: %s\nTry 'program_optionsd --help'.\n", e.what());
    return daemonkit::exit_status::usage;
}
