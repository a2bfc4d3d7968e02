// SPDX-License-Identifier: BSL-1.0
// on_child() in a daemon that is neither pid 1 nor a subreaper, and the children that other code waits for.
#include <daemonkit/daemonkit.hpp>

#include "support/child_process.hpp"
#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <set>
#include <string>
#include <thread>

using namespace daemonkit;
using namespace std::chrono_literals;

namespace {

/// on_child() says "PID ended STATUS".
template <class Fork>
struct parent : basic_daemon<parent<Fork>, Fork, no_pid_file, reaping_signals, null_stdio>
{
    std::function<int(parent&)> working;
    std::function<void(pid_t)> ended = [](pid_t) {};

    int run() { return working(*this); }
    void on_child(pid_t child, int status)
    {
        child_process::say(std::to_string(child) + " ended " + std::to_string(shell_status(status)));
        ended(child);
    }

    static typename parent::settings to_be_heard()
    {
        return {.process = {.keep_descriptors = child_process::descriptors()}};
    }
};

pid_t sleeping_child()
{
    const pid_t child = ::fork();
    if (child != 0) return child;
    std::signal(SIGTERM, SIG_DFL);
    for (;;) ::pause();
}

pid_t spawned(const char* command)
{
    const std::string shell = "/bin/sh";
    std::string words[] = {"sh", "-c", command};
    char* const arguments[] = {words[0].data(), words[1].data(), words[2].data(), nullptr};
    pid_t child = -1;
    return ::posix_spawn(&child, shell.c_str(), nullptr, nullptr, arguments, environ) == 0 ? child : -1;
}

/// A daemon whose program is this. It ends by itself.
template <class Fork>
struct family
{
    parent<Fork> daemon{};
    child_process test;

    explicit family(std::function<int(parent<Fork>&)> program)
        : test([&, program] {
              daemon.working = program;
              const auto result = daemon.start(parent<Fork>::to_be_heard());
              return result.status;
          })
    {
    }
};

template <class Check>
void in_each_fork_policy(Check check)
{
    BOOST_TEST_CONTEXT("no_fork") { check(no_fork()); }
    BOOST_TEST_CONTEXT("single_fork") { check(single_fork()); }
    BOOST_TEST_CONTEXT("double_fork") { check(double_fork()); }
    if (!sys::memory_can_be_shared()) return;
    BOOST_TEST_CONTEXT("handoff_fork") { check(handoff_fork()); }
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(children, nothing_left, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(a_master_sees_the_end_of_a_worker_and_makes_another)
{
    in_each_fork_policy([]<class Fork>(const Fork&) {
        family<Fork> master([](parent<Fork>& daemon) {
            std::set<pid_t> workers;
            daemon.ended = [&](pid_t worker) {
                if (workers.erase(worker) == 0) child_process::say("not a worker");
                const pid_t next = sleeping_child();
                workers.insert(next);
                child_process::say("new worker " + std::to_string(next));
            };
            while (workers.size() < 4) workers.insert(sleeping_child());
            child_process::say("first worker " + std::to_string(*workers.begin()) + " of " +
                               std::to_string(::getpid()));
            while (daemon.wait()) {}
            for (const pid_t worker : workers) ::kill(worker, SIGKILL);
            for (const pid_t worker : workers) ::waitpid(worker, nullptr, 0);
            child_process::say("retired " + std::to_string(workers.size()));
            return 0;
        });
        BOOST_TEST_REQUIRE(master.test.says("first worker "), master.test.heard());
        const auto line = master.test.rest_of_line();
        const auto worker = static_cast<pid_t>(std::stol(line));
        const auto daemon = static_cast<pid_t>(std::stol(line.substr(line.rfind(' '))));
        BOOST_TEST(children_of(daemon).size() == 4U);
        ::kill(worker, SIGKILL);
        BOOST_TEST(master.test.says(std::to_string(worker) + " ended 137\n"), master.test.heard());
        BOOST_TEST_REQUIRE(master.test.says("new worker "), master.test.heard());
        const auto next = static_cast<pid_t>(std::stol(master.test.rest_of_line()));
        BOOST_TEST(alive(next));
        BOOST_TEST(children_of(daemon).size() == 4U, "and no zombie");
        ::kill(daemon, SIGTERM);
        BOOST_TEST(master.test.says("retired 4\n"), master.test.heard());
        BOOST_TEST(ends(daemon));
    });
}

BOOST_AUTO_TEST_CASE(children_that_another_thread_waits_for_are_left_to_it)
{
    family<single_fork> busy([](parent<single_fork>& daemon) {
        std::atomic<int> wrong = 0;
        std::thread shell([&] {
            for (int i = 0; i < 50; ++i) {
                const int status = std::system("exit 7"); // NOLINT(*-env33-c)
                if (!WIFEXITED(status) || WEXITSTATUS(status) != 7) ++wrong;
            }
            for (int i = 0; i < 50; ++i) {
                int status = 0;
                const pid_t child = spawned("exit 8");
                if (::waitpid(child, &status, 0) != child || WEXITSTATUS(status) != 8) ++wrong;
            }
            ::kill(::getpid(), SIGTERM);
        });
        while (daemon.wait()) {}
        shell.join();
        child_process::say("wrong " + std::to_string(wrong));
        return 0;
    });
    BOOST_TEST(busy.test.says("wrong 0\n"), busy.test.heard());
    BOOST_TEST(busy.test.heard().find(" ended ") == std::string::npos, busy.test.heard());
}

BOOST_AUTO_TEST_CASE(a_child_that_no_thread_waits_for_is_reported_a_little_later)
{
    family<single_fork> busy([](parent<single_fork>& daemon) {
        std::atomic<bool> over = false;
        std::thread other([&] { over.wait(false); });
        int left = 3;
        daemon.ended = [&](pid_t) { --left; };
        for (int i = 0; i < 2; ++i)
            if (spawned("exit 8") == -1) return 1;
        const pid_t killed = sleeping_child();
        ::kill(killed, SIGKILL);
        while (left > 0 && daemon.wait()) {}
        over = true;
        over.notify_all();
        other.join();
        child_process::say("none is left");
        return 0;
    });
    BOOST_TEST(busy.test.says("none is left\n"), busy.test.heard());
}

BOOST_AUTO_TEST_CASE(an_event_loop_is_woken_for_it)
{
    family<single_fork> loop([](parent<single_fork>& daemon) {
        std::atomic<bool> over = false;
        std::thread other([&] { over.wait(false); });
        bool left = true;
        daemon.ended = [&](pid_t) { left = false; };
        if (spawned("exit 8") == -1) return 1;
        while (left) {
            pollfd ready{daemon.signal_fd(), POLLIN, 0};
            if (::poll(&ready, 1, -1) == 1 && !daemon.wait_for(0s)) break;
        }
        over = true;
        over.notify_all();
        other.join();
        child_process::say("seen by the loop");
        return 0;
    });
    BOOST_TEST(loop.test.says("seen by the loop\n"), loop.test.heard());
}

BOOST_AUTO_TEST_CASE(a_class_without_on_child_keeps_its_children)
{
    struct plain_parent : basic_daemon<plain_parent, no_fork, no_pid_file, reaping_signals, inherit_stdio>
    {
        int run()
        {
            const pid_t child = spawned("exit 8");
            siginfo_t info{};
            ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT);
            wait_for(0s);
            int status = 0;
            return ::waitpid(child, &status, 0) == child ? WEXITSTATUS(status) : 1;
        }
    };
    child_process owner([] { return plain_parent{}.start({}).status; });
    BOOST_TEST(owner.status() == 8);
}

BOOST_AUTO_TEST_SUITE_END()
