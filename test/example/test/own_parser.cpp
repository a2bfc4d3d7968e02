// SPDX-License-Identifier: BSL-1.0
// The programs with a parser of their own: CLI11 and Boost.Program_options.
#include "example.hpp"
#include "support/skip.hpp"

#include <unistd.h>

#define EXPECT_PROGRAM_OR_SKIP(name)                                        \
    if (::access((DAEMONKIT_EXAMPLE_DIR "/" + (name)).c_str(), X_OK) == -1) \
    DAEMONKIT_SKIP((name) + " was not built: its library was not found")

BOOST_AUTO_TEST_SUITE(own_parser, *boost::unit_test::label("process"))

namespace {

void every_verb_behind_the_parser(const std::string& name, const std::vector<std::string>& option,
                                  const std::string& line)
{
    const example program(name);
    std::ofstream(program.file(".conf").string()) << line << "\n";
    std::vector<std::string> start{"start"};
    start.insert(start.end(), option.begin(), option.end());
    BOOST_TEST(program(start).out.starts_with(name + ": started (pid "));
    const pid_t pid = program.pid();
    BOOST_TEST(eventually([&] { return !lines_of(program.file(".log")).empty(); }));
    BOOST_TEST(lines_of(program.file(".log")).front() == line);
    BOOST_TEST(program({"--daemon"}).out == name + ": already running (pid " + std::to_string(pid) + ")\n");
    const auto json = program({"status", "--json"});
    BOOST_TEST(json.status == 0);
    BOOST_TEST(json.out.find("\"pid\": " + std::to_string(pid)) != std::string::npos, json.out);
    boost::filesystem::remove(program.file(".conf")); // a broken configuration
    BOOST_TEST(program({"status"}).status == 0);
    BOOST_TEST(program({"stop"}).status == 0);
    BOOST_TEST(program({"--help"}).out.find("\n  restart         ") != std::string::npos);
    BOOST_TEST(program({}).status == 2);
    BOOST_TEST(program({"start", "--wings"}).status != 0);
    BOOST_TEST(program.pid() == 0);
}

} // namespace

BOOST_AUTO_TEST_CASE(cli11)
{
    EXPECT_PROGRAM_OR_SKIP(std::string("cli11d"));
    every_verb_behind_the_parser("cli11d", {}, "a line");
    const example cli11d("cli11d");
    const auto said = cli11d({"start"});
    BOOST_TEST(said.status == 6);
    BOOST_TEST(said.err == "cli11d: cannot make the settings: cannot read cli11d.conf\n");
}

BOOST_AUTO_TEST_CASE(boost_program_options)
{
    EXPECT_PROGRAM_OR_SKIP(std::string("program_optionsd"));
    every_verb_behind_the_parser("program_optionsd", {"--message", "a line"}, "a line");
    const example program("program_optionsd");
    BOOST_TEST(program({"start"}).status == 0);
    BOOST_TEST(program({"start"}).status == 1); // already running
    BOOST_TEST(program({"stop"}).status == 0);
}

BOOST_AUTO_TEST_SUITE_END()
