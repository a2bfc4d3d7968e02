// SPDX-License-Identifier: BSL-1.0
// The verb reload reports how the reload ended, when it has ended, with every signal policy and pid policy.
#include "reloading.hpp"
#include "support/disabled_call.hpp"
#include "support/text.hpp"

#include <sys/syscall.h>

#include <cerrno>

BOOST_AUTO_TEST_SUITE(result, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(success_is_reported_at_the_end_and_not_before)
{
    for (const auto& policy : every_policy) BOOST_TEST_CONTEXT(policy.signals << ' ' << policy.pid)
        {
            const reloading daemon(policy);
            BOOST_TEST(daemon.reload().status == 7, "there is no daemon to reload");
            const pid_t pid = daemon.started();
            BOOST_REQUIRE(pid != 0);
            daemon.configure_to_wait("1");
            auto asker = daemon.asks();
            BOOST_TEST(daemon.begins("1"));
            BOOST_TEST(!ends(asker.pid(), std::chrono::milliseconds(20)), asker.heard());
            BOOST_TEST(daemon.done().empty());
            daemon.let_go();
            BOOST_TEST(asker.status() == 0);
            BOOST_TEST(daemon.done() == std::vector<std::string>{"1 taken"}, boost::test_tools::per_element());
            BOOST_TEST(asker.everything() == daemon.success(pid));
            daemon.stop();
            BOOST_TEST(daemon.reload().status == 7);
        }
}

BOOST_AUTO_TEST_CASE(a_refusal_is_reported_with_its_reason_and_the_old_state_stays)
{
    for (const auto& policy : every_policy) BOOST_TEST_CONTEXT(policy.signals << ' ' << policy.pid)
        {
            const reloading daemon(policy);
            const pid_t pid = daemon.started();
            BOOST_REQUIRE(pid != 0);
            daemon.configure("1");
            BOOST_TEST(daemon.reload().status == 0);
            daemon.configure("2 refuse line 7 makes no sense");
            const auto refused = daemon.reload();
            BOOST_TEST(refused.status == 1);
            BOOST_TEST(refused.out == "");
            BOOST_TEST(contains(refused.err, "line 7 makes no sense"), refused.err);
            daemon.configure("3 odd");
            const auto odd = daemon.reload();
            BOOST_TEST(odd.status == 1);
            BOOST_TEST(contains(odd.err, "an exception that is no std::exception"), odd.err);
            BOOST_TEST(daemon.verb({"status"}).status == 0);
            BOOST_TEST(daemon.pid() == pid);
            daemon.configure("4");
            BOOST_TEST(daemon.reload().out == daemon.success(pid));
            BOOST_TEST(daemon.done() == (std::vector<std::string>{"1 taken", "2 refused", "4 taken"}),
                       boost::test_tools::per_element());
            BOOST_TEST(daemon.verb({"force-reload"}).out == daemon.success(pid));
            BOOST_TEST(daemon.verb({"--quiet", "reload"}).out == "");
            daemon.stop();
        }
}

BOOST_AUTO_TEST_CASE(every_reason_arrives_as_one_line)
{
    const reloading daemon({"signalfd", "flock"});
    BOOST_REQUIRE(daemon.started() != 0);
    const struct
    {
        std::string reason, contains;
    } reasons[] = {{"two\nlines", "two"},
                   {"gr\xc3\xbc\xc3\x9f dich", "gr\xc3\xbc\xc3\x9f dich"},
                   {"escape \x1b[2J sequence", "escape "},
                   {"%s%n%p", "%s%n%p"},
                   {std::string(2000, 'x'), std::string(100, 'x')},
                   {std::string(100'000, 'y'), std::string(100, 'y')},
                   {"", ""}};
    for (const auto& [reason, part] : reasons) BOOST_TEST_CONTEXT(reason.substr(0, 20))
        {
            daemon.configure("1 refuse " + reason);
            const auto refused = daemon.reload();
            BOOST_TEST(refused.status == 1);
            BOOST_TEST(refused.out == "");
            BOOST_TEST(contains(refused.err, part), refused.err);
            BOOST_TEST(refused.err.find('\n') == refused.err.size() - 1, refused.err);
            BOOST_TEST(!contains(refused.err, "\x1b"), refused.err);
        }
    daemon.stop();
}

BOOST_AUTO_TEST_CASE(a_daemon_that_is_stuck_is_a_time_out)
{
    for (const auto& policy : every_policy) BOOST_TEST_CONTEXT(policy.signals << ' ' << policy.pid)
        {
            const reloading daemon(policy);
            const pid_t pid = daemon.started();
            BOOST_REQUIRE(pid != 0);
            daemon.configure_to_wait("1");
            const auto late = daemon.verb({"reload", "--timeout", "0.05"});
            BOOST_TEST(late.status == 1);
            BOOST_TEST(late.out == "");
            BOOST_TEST(contains(late.err, std::to_string(pid)), late.err);
            BOOST_TEST(alive(pid), "it is left as it is");
            // A late answer is not taken for that of the next reload.
            BOOST_TEST(daemon.begins("1"));
            daemon.configure("2 refuse not this one");
            auto asker = daemon.asks();
            BOOST_TEST(!ends(asker.pid(), std::chrono::milliseconds(20)), asker.heard());
            daemon.let_go();
            BOOST_TEST(asker.status() == 1);
            BOOST_TEST(contains(asker.everything(), "not this one"), asker.heard());
            daemon.stop();
        }
    const reloading stuck({"signalfd", "flock"}, {"STUCK=yes"});
    BOOST_REQUIRE(stuck.started() != 0);
    BOOST_TEST(stuck.verb({"reload", "--timeout=0.05"}).status == 1);
}

BOOST_AUTO_TEST_CASE(the_death_of_the_daemon_is_reported)
{
    for (const auto& policy : every_policy)
        for (const char* const death : {"die", "exit"})
            BOOST_TEST_CONTEXT(policy.signals << ' ' << policy.pid << ' ' << death)
            {
                const reloading daemon(policy);
                const pid_t pid = daemon.started();
                BOOST_REQUIRE(pid != 0);
                daemon.configure(std::string("1 ") + death);
                const auto said = daemon.reload();
                BOOST_TEST(said.status == 1);
                BOOST_TEST(said.out == "");
                BOOST_TEST(contains(said.err, "pid " + std::to_string(pid)), said.err);
                BOOST_TEST(daemon.nobody_left());
                BOOST_TEST(daemon.reload().status == 7, "dead is not running");
            }
}

BOOST_AUTO_TEST_CASE(a_stop_during_a_reload)
{
    for (const auto& policy : every_policy) BOOST_TEST_CONTEXT(policy.signals << ' ' << policy.pid)
        {
            const reloading daemon(policy);
            const pid_t pid = daemon.started();
            BOOST_REQUIRE(pid != 0);
            daemon.configure_to_wait("1");
            auto first = daemon.asks();
            BOOST_TEST(daemon.begins("1"));
            auto second = daemon.asks(); // for a reload that will never begin
            BOOST_TEST(!ends(second.pid(), std::chrono::milliseconds(20)), second.heard());
            ::kill(pid, SIGTERM);
            daemon.let_go();
            // The first one has been handled, whatever comes next.
            BOOST_TEST(first.status() == 0, first.heard());
            const int status = second.status();
            const auto& said = second.everything();
            const bool true_answer = status == 1 || status == 7 || (status == 0 && daemon.begun().size() == 2);
            BOOST_TEST(true_answer, status << ": " << said);
            BOOST_TEST(daemon.nobody_left());
        }
}

BOOST_AUTO_TEST_CASE(signals_of_others_still_reload)
{
    for (const auto& policy : every_policy) BOOST_TEST_CONTEXT(policy.signals << ' ' << policy.pid)
        {
            const reloading daemon(policy);
            const pid_t pid = daemon.started();
            BOOST_REQUIRE(pid != 0);
            daemon.configure("1");
            ::kill(pid, SIGHUP);
            BOOST_TEST(eventually([&] { return daemon.done() == std::vector<std::string>{"1 taken"}; }));
            daemon.configure("2 refuse nobody asked");
            ::kill(pid, SIGHUP);
            BOOST_TEST(eventually([&] { return daemon.done().back() == "2 refused"; }));
            daemon.configure("3");
            BOOST_TEST(daemon.reload().status == 0);
            daemon.stop();
        }
}

// Two pending SIGHUPs are one, and the kernel keeps the sender of the first: a caller is answered all the same.
BOOST_AUTO_TEST_CASE(a_caller_whose_signal_merges_with_that_of_kill_is_answered)
{
    for (const auto& policy : every_policy) BOOST_TEST_CONTEXT(policy.signals << ' ' << policy.pid)
        {
            const reloading daemon(policy);
            const pid_t pid = daemon.started();
            BOOST_REQUIRE(pid != 0);
            daemon.configure("1");
            ::kill(pid, SIGSTOP);
            BOOST_TEST(eventually([&] { return proc_status(pid, "State").starts_with('T'); }));
            ::kill(pid, SIGHUP);
            auto caller = daemon.asks();
            BOOST_TEST(!ends(caller.pid(), std::chrono::milliseconds(50)), caller.heard());
            ::kill(pid, SIGCONT);
            BOOST_TEST(caller.status() == 0, caller.heard());
            BOOST_TEST(daemon.done().back() == "1 taken");
            daemon.stop();
        }
}

BOOST_AUTO_TEST_CASE(a_sandbox_that_hides_the_result_is_named)
{
    for (const unsigned error : {unsigned{EPERM}, unsigned{ENOSYS}})
        for (const bool in_daemon : {false, true}) BOOST_TEST_CONTEXT(error << ", in the daemon: " << in_daemon)
            {
                const reloading daemon(every_policy.front());
                const auto without_recvmsg = [&](const strings& verb) {
                    return in_child(
                        [&] { return disable_call(SYS_recvmsg, error) ? execute(daemon.command(verb)) : 98; });
                };
                BOOST_TEST((in_daemon ? without_recvmsg({"start"}) : daemon.verb({"start"})).status == 0);
                daemon.configure("1");
                const auto said = in_daemon ? daemon.reload() : without_recvmsg({"reload"});
                BOOST_TEST(said.status == 1);
                BOOST_TEST(said.err ==
                           "reloading: told to reload (pid " + std::to_string(daemon.pid()) +
                               "), but the result cannot be had: the system call recvmsg is refused " +
                               (in_daemon ? "in the daemon" : "here") +
                               ", probably by the seccomp profile of a container or of a service manager: " +
                               "allow it there; see the daemon's log\n");
                BOOST_TEST(daemon.done() == std::vector<std::string>{"1 taken"}, boost::test_tools::per_element());
                daemon.stop();
            }
}

BOOST_AUTO_TEST_SUITE_END()
