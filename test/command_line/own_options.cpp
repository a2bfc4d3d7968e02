// SPDX-License-Identifier: BSL-1.0
// Options of a program's own, a parser of its own, check(), and exit statuses of its own.
#include "support/file.hpp"
#include "support/program.hpp"
#include "support/text.hpp"

#include <daemonkit/command_line/program_option.hpp>

#include <boost/filesystem/path.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>

namespace {

/// The program with options, and the file in which it writes what it was given.
struct opted_program : program
{
    explicit opted_program(const std::vector<std::string>& more = {}) : program("opted")
    {
        environment = more;
        environment.push_back("SEEN=" + seen_file());
    }
    [[nodiscard]] std::string seen_file() const { return (directory / "seen").string(); }
    /// What the last daemon was given, or the last check.
    [[nodiscard]] std::string seen(const std::string& by = "") const { return read_file(seen_file() + by); }
    /// What a daemon with these words is given.
    [[nodiscard]] std::string given(std::vector<std::string> words) const
    {
        const auto said = (*this)(std::move(words));
        BOOST_TEST(said.status == 0, said.err);
        eventually([&] { return contains((*this)({"status"}).out, "running (pid "); });
        BOOST_TEST(eventually([&] { return !seen().empty(); }));
        const auto text = seen();
        BOOST_TEST((*this)({"stop"}).status == 0);
        boost::filesystem::remove(seen_file());
        return text;
    }
    void refuses(const std::vector<std::string>& words, const std::string& line) const
    {
        const auto said = (*this)(words);
        BOOST_TEST(said.status == (words[0] == "status" ? 4 : 2), said.err);
        BOOST_TEST(said.err == "opted: " + line + "\nTry 'opted --help'.\n");
        BOOST_TEST(said.out == "");
        BOOST_TEST(processes().empty());
    }
};

template <class T>
std::string read_as(const std::string& text, T& into)
{
    const daemonkit::option_value value(into);
    return value.read(text.c_str());
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(own_options, nothing_left, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(values_reach_run)
{
    const opted_program p;
    BOOST_TEST(p.given({"start"}) == "80 100 none info");
    BOOST_TEST(p.given({"start", "--port", "90", "--loud", "--period=2.5", "-r", "0.5", "--level", "debug"}) ==
               "90 loud 2500 0.500000 debug");
    BOOST_TEST(p.given({"-lp90", "start"}) == "90 loud 100 none info");
    BOOST_TEST(p.given({"--peer-with-a-long-name=a", "start", "--peer=b"}) == "80 100 none info peer=a peer=b");
    BOOST_TEST(p.given({"start", "--", "-p", "--help"}) == "80 100 none info word=-p word=--help");
    BOOST_TEST(p.given({"--", "start", "one"}) == "80 100 none info word=one"); // the verb, if none was given before
}

BOOST_AUTO_TEST_CASE(a_wrong_value_is_one_line)
{
    const opted_program p;
    p.refuses({"start", "--port", "9x"}, "--port must be a whole number from -2147483648 to 2147483647, not '9x'");
    p.refuses({"start", "--port="}, "--port must be a whole number from -2147483648 to 2147483647, not ''");
    p.refuses({"status", "-p", "2147483648"},
              "--port must be a whole number from -2147483648 to 2147483647, not '2147483648'");
    p.refuses({"start", "--period", "-1"}, "--period must be a number of seconds, not '-1'");
    p.refuses({"start", "-r", "inf"}, "-r must be a number, not 'inf'");
    p.refuses({"start", "--level", "odd"}, "--level is refused: info or debug, not 'odd'");
    p.refuses({"fly", "--port", "90"}, "there is no verb 'fly'");
    p.refuses({"f\x1b[31m\nly"}, "there is no verb 'f [31m ly'");
    p.refuses({"start", "stop"}, "unexpected argument 'stop' after the verb");
    p.refuses({"start", "--instance", "a"}, "--instance: this program has one instance only");
}

BOOST_AUTO_TEST_CASE(help_lists_them)
{
    const opted_program p;
    for (const char* const word : {"--help", "-h"}) {
        const auto said = p({word});
        BOOST_TEST(said.status == 0);
        BOOST_TEST(said.err == "");
        for (const char* const line :
             {"\n  -p, --port N    listen on port N\n", "\n  -l, --loud      say more\n",
              "\n  --peer-with-a-long-name HOST\n                  a peer\n", "\n  -r X            ratio\n",
              "\n  -- WORD...      words\n", "\n  --timeout S ", "\n  check           "})
            BOOST_TEST(contains(said.out, line), line << " in " << said.out);
    }
    BOOST_TEST(p({"-V"}).out.starts_with("opted 1.2 (daemonkit "));
}

BOOST_AUTO_TEST_CASE(each_type_takes_what_fits)
{
    std::uint8_t small = 7;
    BOOST_TEST(read_as("255", small) == "");
    BOOST_TEST(small == 255);
    for (const char* const wrong : {"256", "-1", "1 ", " 1", "0x1", "+1", "", "1e2"}) {
        BOOST_TEST(read_as(wrong, small) == "must be a whole number from 0 to 255", wrong);
        BOOST_TEST(small == 255);
    }
    float ratio = 1;
    BOOST_TEST(read_as("0.25", ratio) == "");
    BOOST_TEST(ratio == 0.25F);
    for (const char* const wrong : {"nan", "inf", "-inf", "1e999", "1e300", "0x10", " 5", "1,5", ""})
        BOOST_TEST(read_as(wrong, ratio) == "must be a number", wrong);
    std::chrono::seconds time{};
    BOOST_TEST(read_as("3.9", time) == "");
    BOOST_TEST(time.count() == 3);
    std::optional<int> number;
    BOOST_TEST(read_as("x", number) != "");
    BOOST_TEST(!number.has_value());
    BOOST_TEST(read_as("3", number) == "");
    BOOST_TEST(*number == 3);
    boost::filesystem::path path;
    BOOST_TEST(read_as("/a b", path) == "");
    BOOST_TEST(path == "/a b");
    std::optional<std::string> text;
    BOOST_TEST(read_as("", text) == "");
    BOOST_TEST(text.has_value());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(own_parser, nothing_left, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(the_verb_is_taken_and_the_rest_left)
{
    const opted_program p({"PARSER=1"});
    BOOST_TEST(p({"hello", "bob"}).out == "hello bob\n"); // a verb of the class, and the word behind it
    BOOST_TEST(p.given({"start", "--file", "start"}) == "80 100 none info word=start");
    const auto json = p({"status", "--json"});
    BOOST_TEST(json.status == 3);
    BOOST_TEST(contains(json.out, R"("state": "stopped")"), json.out);
    for (const std::vector<std::string>& words : {std::vector<std::string>{}, {"--json", "status"}, {""}})
        BOOST_TEST(p(words).err == "opted: a verb is missing\nTry 'opted --help'.\n");
    BOOST_TEST(p({"fly"}).err == "opted: there is no verb 'fly'\nTry 'opted --help'.\n");
    BOOST_TEST(p({"start", "--json"}).status == 2);
    BOOST_TEST(p.processes().empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(check, nothing_left, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(the_verb_changes_nothing)
{
    const opted_program p;
    const auto good = p({"check", "-p", "90"});
    BOOST_TEST(good.status == 0);
    BOOST_TEST(good.out == "opted: check passed\n");
    BOOST_TEST(p.seen(".check") == "90 100 none info");
    const auto bad = p({"check", "-p", "9"});
    BOOST_TEST(bad.status == 6);
    BOOST_TEST(bad.err == "opted: port 9 is below 10\n");
    BOOST_TEST(bad.out == "");
    BOOST_TEST(!boost::filesystem::exists(p.pid_file));
    BOOST_TEST(program()({"check"}).status == 3); // a class without the hook
}

BOOST_AUTO_TEST_CASE(a_broken_configuration_stops_and_tells_nothing)
{
    const opted_program p;
    BOOST_TEST(p({"start"}).status == 0);
    const pid_t pid = p.pid();
    for (const char* const verb : {"restart", "try-restart", "reload", "force-reload"}) {
        const auto said = p({verb, "-p", "9"});
        BOOST_TEST(said.status == 6);
        BOOST_TEST(said.out == "");
        BOOST_TEST(said.err == (std::string(verb).ends_with("restart")
                                    ? "opted: not restarted, the daemon was not stopped: port 9 is below 10\n"
                                    : "opted: not reloaded, the daemon was not told: port 9 is below 10\n"));
        BOOST_TEST(alive(pid));
        BOOST_TEST(p.pid() == pid);
    }
    BOOST_TEST(p({"reload"}).status == 0);
    BOOST_TEST(p({"restart", "-p", "90"}).status == 0);
    BOOST_TEST(p.pid() != pid);
    BOOST_TEST(p({"stop"}).status == 0);
    BOOST_TEST(p({"try-restart", "-p", "9"}).status == 0);      // nothing to restart
    for (const char* const verb : {"reload", "force-reload"}) { // nothing to tell, so nothing to check
        const auto said = p({verb, "-p", "9"});
        BOOST_TEST(said.status == 7);
        BOOST_TEST(said.err == "opted: not running\n");
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(own_exit_statuses, nothing_left, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(are_those_that_the_class_says)
{
    const opted_program p({"STRICT=1"});
    BOOST_TEST(p({"status"}).status == 23);
    BOOST_TEST(p({"start"}).status == 0);
    BOOST_TEST(p({"status"}).status == 20);
    const auto again = p({"start"});
    BOOST_TEST(again.status == 11);
    BOOST_TEST(again.out.starts_with("opted: already running (pid "));
    BOOST_TEST(p({"stop"}).status == 0);
}

BOOST_AUTO_TEST_SUITE_END()
