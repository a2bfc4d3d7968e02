// SPDX-License-Identifier: BSL-1.0
// Which signals mean stop, and which are the program's: chosen at compile time, and at run time. The verb signal.
#include "support/file.hpp"
#include "support/program.hpp"
#include "support/text.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <string>
#include <vector>

namespace {

struct signalled_program : program
{
    explicit signalled_program(const std::string& policy, const std::string& stop = "2", const std::string& more = "")
        : program("signalled")
    {
        environment = {"SIGNALS=" + policy, "STOP=" + stop, "MORE=" + more, "SEEN=" + seen_file()};
    }
    [[nodiscard]] std::string seen_file() const { return (directory / "seen").string(); }
    [[nodiscard]] bool saw(const std::string& lines) const
    {
        return eventually([&] { return read_file(seen_file()) == lines; });
    }
};

const std::vector<std::string> at_run_time{"signalfd", "self_pipe", "flag", "reaping"};

} // namespace

BOOST_FIXTURE_TEST_SUITE(chosen, nothing_left, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(int_is_the_programs_own)
{
    for (const char* const policy : {"own_int", "own_int_signalfd"}) BOOST_TEST_CONTEXT(policy)
        {
            const signalled_program p(policy);
            BOOST_TEST(p({"start"}).status == 0);
            const pid_t pid = p.pid();
            ::kill(pid, SIGINT);
            BOOST_TEST(p.saw("2\n"));
            BOOST_TEST(p({"signal", "INT"}).out == "signalled: sent SIGINT (pid " + std::to_string(pid) + ")\n");
            BOOST_TEST(p.saw("2\n2\n"));
            BOOST_TEST(p({"signal", "SIGUSR1"}).status == 0);
            BOOST_TEST(p.saw("2\n2\n10\n"));
            BOOST_TEST(p({"reload"}).status == 0);
            BOOST_TEST(p({"stop"}).out == "signalled: stopped (pid " + std::to_string(pid) + ", SIGTERM)\n");
        }
}

BOOST_AUTO_TEST_CASE(sets_are_settings)
{
    for (const auto& policy : at_run_time) BOOST_TEST_CONTEXT(policy)
        {
            const signalled_program p(policy, "3 12", "2 10"); // QUIT and USR2 stop, INT and USR1 are the program's
            for (const int stop : {SIGQUIT, SIGUSR2, SIGTERM}) {
                BOOST_TEST(p({"start"}).status == 0);
                const pid_t pid = p.pid();
                ::kill(pid, SIGINT);
                BOOST_TEST(p.saw("2\n"));
                BOOST_TEST(p({"signal", "10"}).status == 0);
                BOOST_TEST(p.saw("2\n10\n"));
                ::kill(pid, stop);
                BOOST_TEST(p.nobody_left());
                BOOST_TEST(!boost::filesystem::exists(p.pid_file));
                boost::filesystem::remove(p.seen_file());
            }
        }
}

BOOST_AUTO_TEST_CASE(the_verb_sends_chosen_signals_only)
{
    const signalled_program p("signalfd", "2", "10");
    BOOST_TEST(p({"signal", "USR1"}).status == 7);
    BOOST_TEST(p({"start"}).status == 0);
    const pid_t pid = p.pid();
    const auto refuses = [&](const std::string& word, const std::string& line) {
        const auto said = p({"signal", word});
        BOOST_TEST(said.status == 2, word);
        BOOST_TEST(said.err == "signalled: " + line + "\n");
    };
    for (const char* const other : {"TERM", "KILL", "USR2", "HUP", "CHLD"})
        refuses(other, std::string("this daemon has not chosen SIG") + other);
    refuses("9", "this daemon has not chosen SIGKILL");
    for (const char* const none : {"nonsense", "0", "99"}) refuses(none, "there is no such signal");
    refuses("", "signal needs a word: signal NAME\nTry 'signalled --help'.");
    BOOST_TEST(p({"signal"}).err == "signalled: signal needs a word: signal NAME\nTry 'signalled --help'.\n");
    BOOST_TEST(alive(pid));
    BOOST_TEST(p({"stop"}).status == 0);
    BOOST_TEST(program()({"signal", "USR1"}).status == 3);
}

BOOST_AUTO_TEST_CASE(a_daemon_with_older_settings_is_not_ended)
{
    for (const auto& policy : at_run_time) BOOST_TEST_CONTEXT(policy)
        {
            signalled_program p(policy);
            BOOST_TEST(p({"start"}).status == 0);
            const pid_t pid = p.pid();
            for (auto& variable : p.environment)
                if (variable == "MORE=") variable = "MORE=10";
            const auto said = p({"signal", "USR1"});
            BOOST_TEST(said.status == 1);
            BOOST_TEST(said.err.starts_with("signalled: pid " + std::to_string(pid) + " does not hear SIGUSR1"),
                       said.err);
            BOOST_TEST(alive(pid));
            BOOST_TEST(p({"stop"}).out == "signalled: stopped (pid " + std::to_string(pid) + ", SIGTERM)\n");
        }
}

BOOST_AUTO_TEST_CASE(term_can_stand_among_those_that_mean_stop)
{
    const signalled_program p("signalfd", "15");
    BOOST_TEST(p({"start"}).status == 0);
    BOOST_TEST(p({"stop"}).out.ends_with(", SIGTERM)\n"));
}

BOOST_AUTO_TEST_CASE(a_signal_that_cannot_be_heard_is_a_sentence)
{
    const auto refuses = [](const std::string& stop, const std::string& more, const std::string& reason) {
        const signalled_program p("signalfd", stop, more);
        const auto said = p({"start"});
        BOOST_TEST(said.status == 6);
        BOOST_TEST(said.err == "signalled: cannot hear the signal " + reason + "\n");
    };
    refuses("2", "9", "9: no process can catch it");
    refuses("19", "", "19: no process can catch it");
    refuses("2", "1", "1: it means reload");
    refuses("2", "15", "15: it is named twice"); // TERM always means stop
    refuses("2", "2", "2: it is named twice");
    refuses("2", "32", "32: a program cannot use this number");
    refuses("2", "65", "65: a program cannot use this number");
    refuses("0", "", "0: a program cannot use this number");
}

BOOST_AUTO_TEST_SUITE_END()
