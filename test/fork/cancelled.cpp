// SPDX-License-Identifier: BSL-1.0
// A signal to the launcher while it waits: the start is cancelled, and the daemon is ended with it.
#include <daemonkit/basic_daemon.hpp>
#include <daemonkit/fork.hpp>
#include <daemonkit/pid/flock_pid_file.hpp>
#include <daemonkit/signal/signalfd_signals.hpp>
#include <daemonkit/stdio/null_stdio.hpp>

#include "support/child_process.hpp"
#include "support/temporary_directory.hpp"

#include <boost/filesystem/operations.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <string>

using namespace daemonkit;
using namespace std::chrono_literals;

namespace {

template <class Fork>
struct slow : basic_daemon<slow<Fork>, Fork, flock_pid_file, signalfd_signals, null_stdio>
{
    std::function<void(slow&)> starting = [](slow&) {};

    void on_start()
    {
        child_process::say("daemon " + std::to_string(::getpid()));
        starting(*this);
    }
    int run()
    {
        while (this->wait()) {}
        return 0;
    }
};

/// A launcher that waits for a daemon that is not ready. `before` runs in it before start(), `starting` in the daemon.
template <class Daemon>
struct waiting_start
{
    temporary_directory top{};
    boost::filesystem::path made = top / "made";
    std::function<void(Daemon&)> starting = [](Daemon&) { child_process::await(); };
    std::function<void()> before = [] {};
    child_process launcher{[this] {
        before();
        Daemon slow_one;
        slow_one.starting = starting;
        typename Daemon::settings settings{
            .pid = {.path = made / "daemon.pid"},
            .process = {.name = "slow", .keep_descriptors = child_process::descriptors()},
        };
        const start_result result = slow_one.start(settings);
        if (!result.in_launcher) return result.status;
        if (result.outcome == start_outcome::cancelled) child_process::say("cancelled");
        child_process::say("slow: " + result.message);
        if (::waitpid(-1, nullptr, WNOHANG) != -1) child_process::say("a child is left");
        return result.status;
    }};
    pid_t daemon = 0;

    explicit waiting_start(
        std::function<void(Daemon&)> in_daemon = [](Daemon&) { child_process::await(); },
        std::function<void()> in_launcher = [] {})
        : starting(std::move(in_daemon)), before(std::move(in_launcher))
    {
        BOOST_TEST_REQUIRE(launcher.says("daemon "), launcher.heard());
        daemon = std::stoi(launcher.rest_of_line());
    }

    [[nodiscard]] bool nothing_left() const { return ends(daemon) && !boost::filesystem::exists(made); }
};

template <class Check>
void with_each_slow(Check check)
{
    BOOST_TEST_CONTEXT("single_fork") { check(slow<single_fork>()); }
    BOOST_TEST_CONTEXT("double_fork") { check(slow<double_fork>()); }
    if (!sys::memory_can_be_shared()) return;
    BOOST_TEST_CONTEXT("handoff_fork") { check(slow<handoff_fork>()); }
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(cancelled, nothing_left, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(the_signals_that_end_a_command_end_the_daemon_that_it_waits_for)
{
    with_each_slow([]<class Daemon>(const Daemon&) {
        for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
            BOOST_TEST_CONTEXT(::sigabbrev_np(signal))
            {
                waiting_start<Daemon> start;
                start.launcher.signal(signal);
                const auto sentence = std::string(": the start was cancelled by SIG") + ::sigabbrev_np(signal) +
                                      ", and the daemon was ended\n";
                BOOST_TEST(start.launcher.said(sentence), start.launcher.heard());
                BOOST_TEST(start.launcher.status() == exit_status::error);
                BOOST_TEST(start.nothing_left());
                BOOST_TEST(start.launcher.everything().find("a child is left") == std::string::npos);
            }
        }
    });
}

BOOST_AUTO_TEST_CASE(a_daemon_that_waits_for_signals_ends_by_itself)
{
    with_each_slow([]<class Daemon>(const Daemon&) {
        waiting_start<Daemon> start([](Daemon& daemon) {
            while (daemon.wait()) {}
            child_process::say("asked to stop");
        });
        start.launcher.signal(SIGINT);
        BOOST_TEST(start.launcher.said("asked to stop\n"), start.launcher.heard());
        BOOST_TEST(start.launcher.said("cancelled by SIGINT"), start.launcher.heard());
        BOOST_TEST(start.launcher.status() == exit_status::error);
        BOOST_TEST(start.nothing_left());
    });
}

BOOST_AUTO_TEST_CASE(an_ignored_or_handled_or_blocked_signal_cancels_nothing)
{
    const auto ignored = [] { std::signal(SIGHUP, SIG_IGN); };
    const auto blocked = [] { sys::set_mask(sys::all_signals()); };
    const auto handled = [] { std::signal(SIGHUP, [](int) { child_process::say("handled"); }); };
    const auto goes_on = []<class Daemon>(const Daemon&, const std::function<void()>& before, const char* says) {
        waiting_start<Daemon> start([](Daemon&) { child_process::await(); }, before);
        start.launcher.signal(SIGHUP);
        if (says != nullptr) BOOST_TEST(start.launcher.said(says), start.launcher.heard());
        start.launcher.go();
        BOOST_TEST(start.launcher.status() == 0, start.launcher.heard());
        BOOST_TEST_REQUIRE(alive(start.daemon));
        ::kill(start.daemon, SIGTERM);
        BOOST_TEST(start.nothing_left());
    };
    with_each_slow([&]<class Daemon>(const Daemon& daemon) {
        BOOST_TEST_CONTEXT("ignored") { goes_on(daemon, ignored, nullptr); }
        BOOST_TEST_CONTEXT("blocked") { goes_on(daemon, blocked, nullptr); }
        if (std::is_same_v<Daemon, slow<handoff_fork>>) return; // no handler of the program can run there
        BOOST_TEST_CONTEXT("handled") { goes_on(daemon, handled, "handled"); }
    });
}

BOOST_AUTO_TEST_CASE(after_the_start_the_launcher_has_its_mask_again)
{
    const auto signals_end_it = [] {
        child_process launcher([] {
            temporary_directory top;
            slow<double_fork> daemon;
            const auto result = daemon.start({.pid = {.path = top / "daemon.pid"}});
            if (!result.in_launcher) return result.status;
            ::kill(result.pid, SIGTERM);
            const sigset_t mask = sys::current_mask();
            for (const int signal : {SIGINT, SIGQUIT, SIGTERM, SIGHUP})
                if (sigismember(&mask, signal) != 0) child_process::say("still blocked");
            ends(result.pid);
            std::raise(SIGTERM);
            return 0;
        });
        const int status = launcher.status();
        return launcher.everything().find("still blocked") == std::string::npos ? status : -1;
    };
    BOOST_TEST(signals_end_it() == 128 + SIGTERM);
}

BOOST_AUTO_TEST_SUITE_END()
