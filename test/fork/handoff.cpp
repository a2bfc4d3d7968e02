// SPDX-License-Identifier: BSL-1.0
// handoff_fork by itself: which process the daemon is, how a start ends, and what the launcher prints. The memory is
// tested in handoff_memory.cpp.
#include "fork/handoff.hpp"
#include "fork/deaths.hpp"
#include "fork/expect_good.hpp"
#include "support/process.hpp"
#include "support/text.hpp"

#include <fcntl.h>
#include <grp.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

using namespace daemonkit;
using daemonkit::detail::handoff_link;
using daemonkit::detail::message;
using namespace std::chrono_literals;

namespace {

const std::string name = "test_fork";

/// Prints the daemon's pid; ends with status 9 after go().
int serves_until_told(handoff_link& link)
{
    child_process::say("daemon " + std::to_string(::getpid()));
    child_process::await();
    link.ready();
    child_process::say("ready");
    child_process::await();
    return 9;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(handoff, nothing_left, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(the_daemon_leads_no_session_and_belongs_to_the_launcher_and_then_to_init)
{
    NEEDS_HANDOVER();
    child_process launcher([] {
        auto link = take_over({1h});
        return serves_until_told(link);
    });
    BOOST_TEST_REQUIRE(launcher.says("daemon "), launcher.heard());
    const auto daemon = static_cast<pid_t>(std::stol(launcher.rest_of_line()));
    const long session = proc_stat(daemon, 6);
    BOOST_TEST(daemon != launcher.pid());
    BOOST_TEST(proc_stat(daemon, 4) == launcher.pid(), "the launcher is its parent while it waits");
    BOOST_TEST(session > 0);
    BOOST_TEST(session != daemon, "it does not lead its session");
    BOOST_TEST(session != ::getsid(0), "which is not that of the launcher");
    BOOST_TEST(proc_stat(daemon, 5) == session, "its process group is the session's");
    BOOST_TEST(ends(static_cast<pid_t>(session)), "and its leader ends");
    BOOST_TEST(alive(launcher.pid()), "the launcher waits");
    launcher.go();
    BOOST_TEST(launcher.says("ready"));
    BOOST_TEST(launcher.status() == 0);
    BOOST_TEST(proc_stat(daemon, 4) == ::getpid(), "the nearest subreaper is its parent now");
    launcher.go();
    BOOST_TEST(child_process::status_of(daemon) == 9);
}

BOOST_AUTO_TEST_CASE(the_daemon_has_no_controlling_terminal_and_gets_none)
{
    NEEDS_HANDOVER();
    const auto terminal = [] {
        const int master = ::posix_openpt(O_RDWR | O_NOCTTY);
        return master == -1 || ::grantpt(master) == -1 || ::unlockpt(master) == -1 ? nullptr : ::ptsname(master);
    };
    const auto launcher = in_child([&] {
        ::setsid();
        const char* const own = terminal();
        if (own == nullptr || ::open(own, O_RDWR) == -1 || proc_stat(::getpid(), 7) == 0) return 77;
        const char* const other = terminal();
        if (other == nullptr) return 77;
        auto link = take_over();
        ::signal(SIGHUP, SIG_IGN);
        if (holds(proc_stat(::getpid(), 7) == 0, "it has none") &&
            holds(::open(other, O_RDWR) != -1 && proc_stat(::getpid(), 7) == 0, "nor does it get one by opening it"))
            link.ready();
        return 0;
    });
    if (launcher.status == 77) DAEMONKIT_SKIP("there are no pseudo terminals here");
    expect_good(launcher);
}

BOOST_AUTO_TEST_CASE(a_launcher_prints_that_it_started_only_if_asked_to)
{
    NEEDS_HANDOVER();
    const auto silent = handed_over([](auto& link) { link.ready(); });
    expect_good(silent);
    BOOST_TEST(silent.out == "");
    for (const std::string who : {"", "clockd"}) {
        const auto loud = in_child([&] {
            handoff_fork policy{1h};
            policy.announces = true;
            policy.name = who;
            const pid_t launcher = ::getpid();
            auto link = take_over(policy);
            link.ready();
            holds(ends(launcher), "the launcher ends");
            std::printf("%d", ::getpid());
            return 0;
        });
        expect_good(loud);
        const auto daemon = loud.out.substr(loud.out.find('\n') + 1);
        BOOST_TEST(loud.out == (who.empty() ? name : who) + ": started (pid " + daemon + ")\n" + daemon);
    }
}

BOOST_AUTO_TEST_CASE(a_failure_arrives_as_sentence_and_status)
{
    NEEDS_HANDOVER();
    struct failure
    {
        std::string sentence;
        int status;
    };
    const failure failures[]{
        {"cannot bind port 80: taken", 6}, {"", 1}, {"two\nlines", 255}, {std::string(1024, 'x'), 4}};
    for (const auto& failure : failures) {
        const auto launcher = handed_over([&](auto& link) { link.fail(failure.sentence, failure.status); });
        BOOST_TEST(launcher.status == failure.status);
        BOOST_TEST(launcher.err == name + ": " + failure.sentence + "\n");
        BOOST_TEST(launcher.out == "");
        BOOST_TEST(launcher.streams_ended);
    }
    const auto cut = handed_over([](auto& link) { link.fail(std::string(1'000'000, 'x'), 1); });
    BOOST_TEST(cut.err == name + ": " + std::string(message::longest, 'x') + "\n", "as much as there is room for");
}

BOOST_AUTO_TEST_CASE(a_death_is_noticed_at_once_and_named)
{
    NEEDS_HANDOVER();
    for (const auto& death : deaths) {
        const auto launcher = handed_over([&](auto&) { death.die(); });
        BOOST_TEST(launcher.status == death.status);
        BOOST_TEST(launcher.err == name + ": the daemon " + death.sentence + " before it was ready\n");
        BOOST_TEST(launcher.streams_ended);
    }
}

BOOST_AUTO_TEST_CASE(a_late_daemon_is_ended)
{
    NEEDS_HANDOVER();
    const auto late = [](auto daemon) { return handed_over(daemon, {100ms}); };
    for (const auto handler : {SIG_DFL, SIG_IGN}) {
        const auto launcher = late([handler](auto&) {
            ::signal(SIGTERM, handler);
            for (;;) ::pause();
        });
        BOOST_TEST(launcher.status == 1);
        BOOST_TEST(launcher.err.starts_with(name + ": the daemon was not ready within 0.1 s and was ended"),
                   launcher.err);
        BOOST_TEST(launcher.streams_ended);
    }
    const auto by_itself = late([](auto&) {
        sigset_t term;
        sigemptyset(&term);
        sigaddset(&term, SIGTERM);
        ::sigprocmask(SIG_BLOCK, &term, nullptr);
        int heard = 0;
        ::sigwait(&term, &heard);
        std::printf("heard %d\n", heard);
    });
    BOOST_TEST(by_itself.status == 1);
    BOOST_TEST(by_itself.out == "heard 15\n");
}

BOOST_AUTO_TEST_CASE(extend_moves_the_deadline)
{
    NEEDS_HANDOVER();
    expect_good(handed_over(
        [](auto& link) {
            link.extend(1h);
            sys::sleep_for(2500ms); // beyond the deadline
            link.ready();
        },
        {2s}));
    const auto nearer = handed_over([](auto& link) {
        link.extend(10ms);
        for (;;) ::pause();
    });
    BOOST_TEST(nearer.status == 1, nearer.err);
}

BOOST_AUTO_TEST_CASE(a_deadline_that_is_not_positive_is_refused_in_the_launcher)
{
    for (const auto deadline : {0ns, std::chrono::nanoseconds(-1h)})
        BOOST_CHECK_EXCEPTION((void)take_over({deadline}), startup_error, [](const startup_error& e) {
            return std::string(e.what()).starts_with("cannot wait for the daemon: the deadline");
        });
}

BOOST_AUTO_TEST_CASE(without_shared_memory_it_names_the_policy_to_use)
{
    if (sys::memory_can_be_shared()) DAEMONKIT_SKIP("memory can be shared here");
    BOOST_CHECK_EXCEPTION((void)take_over(), startup_error, [](const startup_error& e) {
        return std::string(e.what()).find("use double_fork") != std::string::npos;
    });
}

BOOST_AUTO_TEST_CASE(a_worker_that_lives_on_does_not_keep_the_launcher_waiting)
{
    NEEDS_HANDOVER();
    child_process launcher([] {
        auto link = take_over({1h});
        if (::fork() == 0)
            child_process::await(); // with the daemon's end of the channel
        else
            ::_exit(7);
        return 0;
    });
    BOOST_TEST(launcher.status() == 7);
    launcher.go();
}

BOOST_AUTO_TEST_CASE(an_inherited_sigchld_that_is_ignored_hides_nothing)
{
    NEEDS_HANDOVER();
    const auto launcher = in_child([] {
        ::signal(SIGCHLD, SIG_IGN);
        auto link = take_over({1h});
        holds(proc_signals(::getpid(), "SigIgn").count(SIGCHLD) == 1, "the daemon inherits it");
        ::_exit(7);
        return 0;
    });
    BOOST_TEST(launcher.status == 7);
    BOOST_TEST(launcher.err == name + ": the daemon exited with status 7 before it was ready\n");
}

BOOST_AUTO_TEST_CASE(buffers_are_printed_once_and_exit_handlers_run_once_in_the_daemon)
{
    NEEDS_HANDOVER();
    const auto launcher = in_child([]() -> int {
        std::atexit([] { std::printf("exit handler;"); });
        struct bystander
        {
            ~bystander() { std::printf("destructor;"); }
        };
        static const bystander at_exit{};
        std::printf("without a newline;");
        auto link = take_over({1h});
        std::printf("daemon;");
        link.ready();
        std::exit(0);
    });
    expect_good(launcher);
    BOOST_TEST(launcher.out == "without a newline;daemon;destructor;exit handler;");
}

BOOST_AUTO_TEST_CASE(a_failed_clone_is_reported_in_one_sentence_and_leaves_the_launcher_whole,
                     *boost::unit_test::label("root"))
{
    NEEDS_HANDOVER();
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root to act as a user that has no other process");
    for (const rlim_t most : {1U, 2U}) { // for the intermediate process, or for the daemon
        const auto launcher = in_child([most]() -> int {
            const auto user = static_cast<uid_t>(1'000'000 + ::getpid()); // a user without any other process
            const rlimit limit{most, most};
            if (::setgroups(0, nullptr) == -1 || ::setrlimit(RLIMIT_NPROC, &limit) == -1 ||
                ::setresuid(user, user, user) == -1)
                return 2;
            try {
                (void)take_over();
            } catch (const startup_error& e) {
                ::signal(SIGUSR1, [](int) { std::printf("heard\n"); });
                ::raise(SIGUSR1); // to the thread that libc believes to be the calling one
                return holds(std::string(e.what()) ==
                                 "cannot start the daemon process: Resource temporarily unavailable",
                             e.what()) &&
                               holds(::waitpid(-1, nullptr, WNOHANG) == -1, "no child is left")
                           ? 42
                           : 1;
            }
            return 3;
        });
        BOOST_TEST(launcher.status == 42, launcher.err);
        BOOST_TEST(launcher.out == "heard\n");
    }
}

BOOST_AUTO_TEST_SUITE_END()
