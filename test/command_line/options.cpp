// SPDX-License-Identifier: BSL-1.0
// Options, wrong command lines, and output that appears on a terminal only.
#include "support.hpp"
#include "support/process.hpp"
#include "support/text.hpp"

#include <daemonkit/version.hpp>

#include <boost/test/unit_test.hpp>

#include <poll.h>
#include <pty.h>
#include <unistd.h>

#include <array>
#include <csignal>

namespace fs = boost::filesystem;

namespace {

void started(const program& p, const outcome& said)
{
    BOOST_TEST(said.status == 0);
    BOOST_TEST(alive(p.pid()));
    BOOST_TEST(p({"stop"}).status == 0);
}

void refused(const program& p, const std::vector<std::string>& words, const std::string& why)
{
    std::string line;
    for (const auto& word : words) line += word + " ";
    BOOST_TEST_CONTEXT("commanded " << line)
    {
        const auto said = p(words);
        // For status, 2 would mean "dead, and its lock file remains" (LSB 3.1, section 20.2).
        BOOST_TEST(said.status == (!words.empty() && words.back() == "status" ? 4 : 2));
        BOOST_TEST(said.out.empty());
        BOOST_TEST(contains(said.err, why), said.err);
        BOOST_TEST(said.err.ends_with("\nTry 'commanded --help'.\n"), said.err);
        BOOST_TEST(count_lines(said.err) == 2U, said.err);
        BOOST_TEST(!fs::exists(p.pid_file));
        BOOST_TEST(p.processes().empty());
    }
}

/// The same on a terminal: the whole output. Once `awaited` is there, `act` is called with the terminal.
template <class Action>
outcome on_terminal(const program& p, const std::vector<std::string>& words, std::string_view awaited, Action act)
{
    int terminal = -1;
    const auto command = p.command(words);
    const pid_t child = ::forkpty(&terminal, nullptr, nullptr, nullptr);
    if (child == 0) ::_exit(execute(command));
    outcome seen;
    std::array<char, 4096> bytes{};
    for (pollfd fd{terminal, POLLIN, 0};
         ::poll(&fd, 1, static_cast<int>(std::chrono::milliseconds(generous).count())) == 1;) {
        const auto n = ::read(terminal, bytes.data(), bytes.size());
        if (n <= 0) break; // EIO: no process has the other side open
        seen.out.append(bytes.data(), static_cast<std::size_t>(n));
        if (awaited.empty() || !contains(seen.out, std::string(awaited))) continue;
        act(terminal);
        awaited = {};
    }
    if (!ends(child)) ::kill(child, SIGKILL);
    seen.status = exit_status_of(child);
    ::close(terminal);
    return seen;
}

} // namespace

BOOST_AUTO_TEST_SUITE(options, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(help_is_an_answer)
{
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"--help"}, {"start", "--help"}, {"--help", "fly"}}) {
        const program p;
        const auto said = p(words);
        BOOST_TEST(said.status == 0);
        BOOST_TEST(said.err.empty());
        BOOST_TEST(said.out.starts_with("Usage: commanded [OPTION]... VERB\n"));
        for (const char* word : {"start", "stop", "restart", "try-restart", "reload", "force-reload", "status", "run"})
            BOOST_TEST(contains(said.out, std::string("\n  ") + word + " "), word);
        for (const char* word : {"--timeout", "--json", "--quiet", "--verbose", "-h, --help", "-V, --version"})
            BOOST_TEST(contains(said.out, std::string("\n  ") + word + " "), word);
        BOOST_TEST(p.processes().empty());
    }
    BOOST_TEST(!contains(program("plain")({"--help"}).out, "\n  reload "));
}

BOOST_AUTO_TEST_CASE(version_is_the_daemons_and_the_librarys)
{
    BOOST_TEST(program()({"--version"}).out == "commanded 7.5 (daemonkit " DAEMONKIT_VERSION ")\n");
    const auto said = program("plain")({"--version"});
    BOOST_TEST(said.out == "plain \"quoted\" (daemonkit " DAEMONKIT_VERSION ")\n");
    BOOST_TEST(said.status == 0);
    BOOST_TEST(said.err.empty());
}

BOOST_AUTO_TEST_CASE(wrong_words_start_nothing)
{
    const program p;
    refused(p, {}, "a verb is missing");
    refused(p, {"fly"}, "there is no verb 'fly'");
    refused(p, {""}, "there is no verb ''");
    refused(p, {"Start"}, "there is no verb 'Start'");
    refused(p, {"star"}, "there is no verb 'star'");
    refused(p, {"start", "now"}, "unexpected argument 'now' after the verb");
    refused(p, {"start", "stop"}, "'stop'");
    refused(p, {"--", "start", "--quiet"}, "'--quiet'");
    refused(p, {"--wings", "start"}, "'--wings'");
    refused(p, {"start", "--wings"}, "'--wings'");
    refused(p, {"-x", "start"}, "'x'");
    refused(p, {"--quiet=yes", "start"}, "--quiet");
    refused(p, {"--json", "start"}, "--json is an option of status only");
    refused(p, {"run", "--json"}, "--json is an option of status only");
    refused(p, {"--timeout", "3", "status"}, "--timeout is an option of");
    refused(p, {"run", "--timeout=3"}, "--timeout is an option of");
    refused(p, {"start", "--ready-fd", "3"}, "--ready-fd is an option of run only");
    refused(p, {"run", "--ready-fd", "2"}, "--ready-fd must be the number of a descriptor above 2, not '2'");
    refused(p, {"run", "--ready-fd=x"}, "not 'x'");
    refused(p, {"run", "--ready-fd", "1000001"}, "not '1000001'");
    refused(p, {"run", "--ready-fd", "4294967299"}, "not '4294967299'"); // 3, if it is cut to 32 bits
}

BOOST_AUTO_TEST_CASE(a_timeout_is_seconds_above_zero)
{
    const program p;
    for (const char* wrong : {"-1", "0", "-0", "0.0", "abc", "1e400", "-1e400", "1e-400", "nan", "inf", "", "1.5s",
                              "1,5", "1 2", "31622401", "start"}) {
        refused(p, {"--timeout", wrong, "start"},
                "--timeout must be a number of seconds above 0 and up to a year, not '");
        refused(p, {"start", std::string("--timeout=") + wrong}, "--timeout must be");
    }
    refused(p, {"start", "--timeout"}, "--timeout");
    started(p, p({"--timeout", "20", "start"}));
    started(p, p({"start", "--timeout=19.5"}));
    started(p, p({"start", "--timeout", "31622400"}));
}

BOOST_AUTO_TEST_CASE(options_stand_before_or_after_the_verb)
{
    program p;
    started(p, p({"--quiet", "start"}));
    started(p, p({"start", "--quiet"}));
    started(p, p({"--quiet", "--", "start"}));
    started(p, p({"start", "--"}));
    started(p, p({"--quiet", "start", "--timeout", "20"}));
    p.environment = {"POSIXLY_CORRECT=1"};
    started(p, p({"--quiet", "--timeout", "20", "start"}));
    started(p, p({"start", "--quiet"}));
}

BOOST_AUTO_TEST_CASE(quiet_says_nothing_but_errors)
{
    const program p;
    for (const char* verb :
         {"start", "start", "restart", "reload", "status", "try-restart", "stop", "stop", "status"}) {
        const auto said = p({"--quiet", verb});
        BOOST_TEST(said.out.empty(), verb);
        BOOST_TEST(said.err.empty(), verb);
    }
    BOOST_TEST(p({"--quiet", "status"}).status == 3);
    BOOST_TEST(p({"--quiet", "reload"}).err == "commanded: not running\n");
    BOOST_TEST(contains(p({"--quiet", "--json", "status"}).out, "\"stopped\""));
    program failing;
    failing.environment = {"FAILS=no"};
    BOOST_TEST(failing({"--quiet", "start"}).err == "commanded: no\n");
}

BOOST_AUTO_TEST_CASE(verbose_says_what_is_done)
{
    const program p;
    const auto start = p({"--verbose", "start"});
    const auto pid = std::to_string(p.pid());
    BOOST_TEST(start.out == "commanded: starting\ncommanded: started (pid " + pid + ")\ncommanded: recorded in " +
                                p.pid_file.string() + "\n");
    BOOST_TEST(p({"stop", "--verbose"}).out == "commanded: stopping\ncommanded: stopped (pid " + pid + ", SIGTERM)\n");
    BOOST_TEST(p({"restart", "--verbose"}).out.starts_with("commanded: restarting\n"));
}

BOOST_AUTO_TEST_CASE(a_start_that_is_late_is_ended)
{
    program p;
    p.environment = {"LATE=1"};
    const auto said = p({"start", "--timeout", "0.3"});
    BOOST_TEST(said.status == 1);
    BOOST_TEST(said.out.empty());
    BOOST_TEST(said.err.starts_with("commanded: the daemon was not ready within 0.3 s and was ended: "), said.err);
    BOOST_TEST(count_lines(said.err) == 1U);
    BOOST_TEST(said.streams_ended);
    BOOST_TEST(!fs::exists(p.pid_file));
    BOOST_TEST(p.nobody_left());
}

BOOST_AUTO_TEST_CASE(a_stop_kills_after_the_timeout)
{
    program p;
    p.environment = {"IGNORES=1"};
    BOOST_REQUIRE(p({"start"}).status == 0);
    const auto pid = p.pid();
    const auto said = p({"stop", "--timeout", "0.2"});
    BOOST_TEST(said.status == 0);
    BOOST_TEST(said.out == "commanded: stopped (pid " + std::to_string(pid) +
                               ", SIGKILL): it did not exit within 0.2 s after SIGTERM\n");
    BOOST_TEST(!alive(pid));
    BOOST_TEST(!fs::exists(p.pid_file));
    BOOST_REQUIRE(p({"start"}).status == 0);
    BOOST_TEST(p({"restart", "--timeout=3"}).status == 0);
    BOOST_TEST((p.processes() == std::vector{p.pid()}));
}

BOOST_AUTO_TEST_CASE(a_long_wait_shows_on_a_terminal_only)
{
    program p;
    p.environment = {"IGNORES=1"};
    BOOST_REQUIRE(p({"start"}).status == 0);
    const pid_t daemon = p.pid();
    const auto kill_it = [&](int) { ::kill(daemon, SIGKILL); };
    const auto seen = on_terminal(p, {"stop", "--timeout", "60"}, "commanded: stopping, ", kill_it);
    BOOST_TEST(seen.status == 0);
    BOOST_TEST(contains(seen.out, "commanded: stopping, "), seen.out);
    // The final message is not printed after the remains of the progress line.
    BOOST_TEST(contains(seen.out, "\r\033[Kcommanded: stopped (pid "), seen.out);

    BOOST_REQUIRE(p({"start"}).status == 0);
    BOOST_TEST(on_terminal(p, {"--quiet", "stop", "--timeout", "1.2"}, "", kill_it).out.empty());

    BOOST_REQUIRE(p({"start"}).status == 0);
    const auto elsewhere = p({"stop", "--timeout", "1.2"});
    BOOST_TEST(elsewhere.err.empty());
    BOOST_TEST(count_lines(elsewhere.out) == 1U);
    BOOST_TEST(elsewhere.out.find('\r') == std::string::npos);

    p.environment = {"LATE=1"};
    const auto press_ctrl_c = [](int terminal) { BOOST_TEST(::write(terminal, "\3", 1) == 1); };
    const auto starting = on_terminal(p, {"start", "--timeout", "60"}, "commanded: starting, ", press_ctrl_c);
    BOOST_TEST(starting.status == 1);
    BOOST_TEST(contains(starting.out, "commanded: starting, "), starting.out);
    BOOST_TEST(contains(starting.out, "\r\033[Kcommanded: the start was cancelled by SIGINT"), starting.out);
}

BOOST_AUTO_TEST_SUITE_END()
