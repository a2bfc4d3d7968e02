// SPDX-License-Identifier: BSL-1.0
// Process 1 of a pid namespace: it becomes the parent of orphans, and the kernel gives it no default signal actions.
#include "contained.hpp"
#include "support/file.hpp"
#include "support/process.hpp"
#include "support/text.hpp"

#include <sys/wait.h>

#include <algorithm>

BOOST_AUTO_TEST_SUITE(pid_1, *boost::unit_test::label("container") * boost::unit_test::label("namespace"))

BOOST_AUTO_TEST_CASE(run_and_start_stay_in_the_foreground_and_pass_the_exit_status_on)
{
    NEEDS_PID_NAMESPACE();
    for (const auto& deployment : each_preset)
        for (const std::string verb : {"run", "start"})
            for (const int status : {0, 42}) BOOST_TEST_CONTEXT(deployment << ' ' << verb << ' ' << status)
                {
                    const contained daemon{deployment};
                    auto one = daemon.as_pid_one(verb, {"RETURNS=" + std::to_string(status)});
                    BOOST_TEST_REQUIRE(one->says("running as 1\n"), one->heard());
                    // A verb that detaches elsewhere explains why it does not here.
                    const bool explained = contains(one->heard(), "pid 1 does not fork");
                    BOOST_TEST(explained == (verb == "start" && deployment == "universal"), one->heard());
                    const stop_watch watch("process 1");
                    one.signal(SIGTERM);
                    BOOST_TEST(one->status() == status);
                }
}

BOOST_AUTO_TEST_CASE(every_orphan_is_adopted_and_reaped)
{
    NEEDS_PID_NAMESPACE();
    constexpr int many = 200;
    for (const auto& deployment : each_preset)
        for (const std::string verb : {"run", "start"}) BOOST_TEST_CONTEXT(deployment << ' ' << verb)
            {
                const contained daemon{deployment};
                auto one = daemon.as_pid_one(verb, {"ORPHANS=" + std::to_string(many)});
                for (const bool again : {false, true}) {
                    if (again) one.signal(SIGUSR1);
                    BOOST_TEST_REQUIRE(one->says("parent "));
                    const auto parent = one->rest_of_line();
                    // The hook is called for every orphan, and for their parent.
                    for (int n = 0; n < many + 1; ++n) {
                        BOOST_TEST_REQUIRE(one->says("collected "), n << " of them were collected");
                        const auto child = one->rest_of_line();
                        const bool expected =
                            child == parent + " exited 0" || child.substr(child.find(' ')) == " exited 7";
                        BOOST_TEST(expected, child);
                    }
                    BOOST_TEST(one.childless(), "no zombie is left");
                }
                one.signal(SIGTERM);
                BOOST_TEST(one->status() == 0);
                const auto all = one->everything();
                BOOST_TEST(std::count(all.begin(), all.end(), '\n') >= 2 * (many + 2));
            }
}

BOOST_AUTO_TEST_CASE(what_an_entry_point_left_behind_is_reaped_too)
{
    NEEDS_PID_NAMESPACE();
    // A script that ends with `exec daemon`: a child has ended before the daemon runs, with SIGCHLD blocked and
    // ignored.
    const auto entry_point = [] {
        const pid_t child = ::fork();
        if (child == 0) ::_exit(6);
        siginfo_t ended{};
        ::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT);
        sigset_t signals;
        ::sigemptyset(&signals);
        ::sigaddset(&signals, SIGCHLD);
        ::sigprocmask(SIG_BLOCK, &signals, nullptr);
        std::signal(SIGCHLD, SIG_IGN);
    };
    for (const auto& deployment : each_preset) BOOST_TEST_CONTEXT(deployment)
        {
            const contained daemon{deployment};
            auto one = daemon.as_pid_one("run", {"LASTING=yes"}, entry_point);
            BOOST_TEST(one->said(" exited 6\n"), one->heard());
            BOOST_TEST(one->said(" exited 0\n"), one->heard());
            const auto orphans = children_of(one.pid());
            BOOST_TEST_REQUIRE(orphans.size() == 1U);
            ::kill(orphans[0], SIGKILL);
            BOOST_TEST(one->said(" killed 9\n"), one->heard());
            BOOST_TEST(one.childless());
            one.signal(SIGTERM);
            BOOST_TEST(one->status() == 0);
        }
}

BOOST_AUTO_TEST_CASE(a_child_that_only_stops_has_not_ended)
{
    NEEDS_PID_NAMESPACE();
    const contained daemon{"container"};
    auto one = daemon.as_pid_one("run", {"LASTING=yes"});
    BOOST_TEST_REQUIRE(one->says(" exited 0\n"), "the parent of the orphan");
    const auto orphans = children_of(one.pid());
    BOOST_TEST_REQUIRE(orphans.size() == 1U);
    for (const int signal : {SIGSTOP, SIGCONT, SIGSTOP, SIGCONT}) {
        ::kill(orphans[0], signal);
        BOOST_TEST(eventually([&] { return (proc_status(orphans[0], "State")[0] == 'T') == (signal == SIGSTOP); }));
        one.signal(SIGHUP);
        BOOST_TEST(one->says("reloaded, "));
    }
    ::kill(orphans[0], SIGKILL);
    BOOST_TEST(one->says(" killed 9\n"));
    BOOST_TEST(one.childless());
    one.signal(SIGTERM);
    BOOST_TEST(one->status() == 0);
    const auto& all = one->everything();
    BOOST_TEST(contains(all, "collected"));
    BOOST_TEST(all.find("collected", all.find("killed 9")) == std::string::npos, all);
}

BOOST_AUTO_TEST_CASE(children_that_a_hook_waits_for_are_its_own)
{
    NEEDS_PID_NAMESPACE();
    for (const auto& deployment : each_preset) BOOST_TEST_CONTEXT(deployment)
        {
            const contained daemon{deployment};
            auto one = daemon.as_pid_one("run");
            BOOST_TEST_REQUIRE(one->says("running as 1\n"));
            for (int reload = 0; reload < 10; ++reload) {
                one.signal(SIGHUP);
                BOOST_TEST(one->says("reloaded, pclose 0, system exited 3, waitpid exited 4\n"), one->heard());
            }
            one.signal(SIGTERM);
            BOOST_TEST(one->status() == 0);
            BOOST_TEST(!contains(one->everything(), "collected"), one->heard());
        }
}

BOOST_AUTO_TEST_CASE(a_second_stop_does_no_harm)
{
    NEEDS_PID_NAMESPACE();
    for (const auto& deployment : each_preset) BOOST_TEST_CONTEXT(deployment)
        {
            const contained daemon{deployment};
            const auto fifo = (daemon.directory / "lingers").string();
            BOOST_TEST_REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
            auto one = daemon.as_pid_one("run", {"LINGERS=" + fifo, "RETURNS=42"});
            BOOST_TEST_REQUIRE(one->says("running as 1\n"));
            one.signal(SIGTERM);
            BOOST_TEST_REQUIRE(one->says("stopping\n"));
            for (const int signal : {SIGTERM, SIGINT, SIGTERM}) one.signal(signal);
            BOOST_TEST(!ends(one.pid(), std::chrono::milliseconds(50)));
            write_file(fifo, "");
            BOOST_TEST(one->status() == 42);
        }
}

BOOST_AUTO_TEST_CASE(kill_ends_it_with_all_that_it_adopted)
{
    NEEDS_PID_NAMESPACE();
    const contained daemon{"container"};
    auto one = daemon.as_pid_one("run");
    BOOST_TEST_REQUIRE(one->says("running as 1\n"));
    one.signal(SIGKILL);
    BOOST_TEST(one->status() == 128 + SIGKILL);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(not_pid_1, *boost::unit_test::label("container"))

BOOST_AUTO_TEST_CASE(a_subreaper_collects_as_pid_1_does)
{
    for (const auto& deployment : each_preset) BOOST_TEST_CONTEXT(deployment)
        {
            const contained daemon{deployment};
            auto process = daemon.below_somebody({"SUBREAPER=yes", "ORPHANS=3"});
            for (int n = 0; n < 4; ++n) BOOST_TEST(process.says("collected "), process.heard());
            BOOST_TEST(eventually([&] { return children_of(process.pid()).empty(); }));
            process.signal(SIGTERM);
            BOOST_TEST(process.status() == 0);
        }
}

BOOST_AUTO_TEST_CASE(elsewhere_a_daemon_that_declares_on_child_collects_its_own)
{
    for (const auto& deployment : each_preset) BOOST_TEST_CONTEXT(deployment)
        {
            const contained daemon{deployment};
            auto process = daemon.below_somebody({"OWN=yes"});
            BOOST_TEST_REQUIRE(process.says("running as "));
            BOOST_TEST(process.said("exited 5\n"), process.heard());
            BOOST_TEST(eventually([&] { return children_of(process.pid()).empty(); }));
            process.signal(SIGHUP);
            BOOST_TEST(process.says("reloaded, pclose 0, system exited 3, waitpid exited 4\n"), process.heard());
            process.signal(SIGTERM);
            BOOST_TEST(process.status() == 0);
            BOOST_TEST(count_of(process.everything(), "collected") == 1U, process.heard());
        }
}

BOOST_AUTO_TEST_SUITE_END()
