// SPDX-License-Identifier: BSL-1.0
// The same policies inside start(): what the user sees at the terminal and in the file system.
#include <daemonkit/basic_daemon.hpp>
#include <daemonkit/fork.hpp>
#include <daemonkit/pid/flock_pid_file.hpp>
#include <daemonkit/signal/signalfd_signals.hpp>
#include <daemonkit/stdio/null_stdio.hpp>

#include "support/process.hpp"
#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>

using namespace daemonkit;
using namespace std::chrono_literals;

namespace {

template <class Fork>
struct programmable : basic_daemon<programmable<Fork>, Fork, flock_pid_file, signalfd_signals, null_stdio>
{
    std::function<void(programmable&)> starting = [](programmable&) {};

    void on_start() { starting(*this); }
    int run()
    {
        while (this->wait()) {}
        return 0;
    }
};

using once = programmable<single_fork>;
using twice = programmable<double_fork>;
using handed_over = programmable<handoff_fork>;

/// Starts it in a child of the test. The launcher prints "OUTCOME STATUS MESSAGE", unless the policy ends it itself.
template <class Daemon>
outcome start(const typename Daemon::settings& settings, std::function<void(Daemon&)> starting)
{
    return in_child([&] {
        Daemon daemon;
        daemon.starting = starting;
        const auto result = daemon.start(settings);
        if (!result.in_launcher) return result.status;
        std::printf("%d %d %s\n", static_cast<int>(result.outcome), result.status, result.message.c_str());
        std::printf("%s\n", ::waitpid(-1, nullptr, WNOHANG) == -1 ? "no child is left" : "a child is left");
        return result.status;
    });
}

/// Whether the launcher printed that, and nothing more if the sentence ends with a newline. Only a launcher that
/// returned can report that its start failed and that no child is left.
template <class Daemon>
bool tells(const outcome& launcher, start_outcome how, int status, const std::string& sentence)
{
    if (launcher.status != status) return false;
    if (std::is_same_v<Daemon, handed_over> && how != start_outcome::already_running)
        return launcher.out.empty() && launcher.err.starts_with("test_fork: " + sentence);
    const auto begin = std::to_string(static_cast<int>(how)) + " " + std::to_string(status) + " " + sentence;
    const std::string end = "no child is left\n";
    return launcher.err.empty() && launcher.out.starts_with(begin) &&
           launcher.out.find(end, begin.size()) == launcher.out.size() - end.size() &&
           (sentence.back() != '\n' || launcher.out.size() == begin.size() + end.size());
}

/// A directory that start() must make, so that leftovers are seen.
struct place
{
    temporary_directory top{};
    boost::filesystem::path made = top / "made";
    std::string file = (made / "below/daemon.pid").string();
    daemon_in ended{file};

    [[nodiscard]] bool untouched() const { return !boost::filesystem::exists(made); }
};

template <class Check>
void with_each(Check check)
{
    BOOST_TEST_CONTEXT("single_fork") { check(once()); }
    BOOST_TEST_CONTEXT("double_fork") { check(twice()); }
    if (!sys::memory_can_be_shared()) return;
    BOOST_TEST_CONTEXT("handoff_fork") { check(handed_over()); }
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(lifecycle, nothing_left, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(the_streams_of_the_launcher_end_with_it)
{
    with_each([]<class Daemon>(const Daemon&) {
        const place at;
        const auto launcher = start<Daemon>({.pid = {.path = at.file}}, [](Daemon&) {});
        BOOST_TEST_REQUIRE(launcher.status == 0, launcher.out + launcher.err);
        BOOST_TEST(launcher.streams_ended, "`start | cat` ends");
        const pid_t daemon = pid_in(at.file);
        BOOST_TEST_REQUIRE(alive(daemon));
        ::kill(daemon, SIGTERM);
        BOOST_TEST(ends(daemon));
        BOOST_TEST(at.untouched(), "everything made for it is removed");
    });
}

BOOST_AUTO_TEST_CASE(a_failure_of_on_start_is_one_sentence_and_leaves_nothing)
{
    with_each([]<class Daemon>(const Daemon&) {
        const place at;
        const auto launcher =
            start<Daemon>({.pid = {.path = at.file}}, [](Daemon&) { throw std::runtime_error("the lake is frozen"); });
        BOOST_TEST(tells<Daemon>(launcher, start_outcome::failed, 1, "the lake is frozen\n"),
                   launcher.out + launcher.err);
        BOOST_TEST(at.untouched());
    });
}

BOOST_AUTO_TEST_CASE(a_death_while_it_initialises_leaves_nothing)
{
    with_each([]<class Daemon>(const Daemon&) {
        const place at;
        const auto exited = start<Daemon>({.pid = {.path = at.file}}, [](Daemon&) { ::_exit(7); });
        BOOST_TEST(
            tells<Daemon>(exited, start_outcome::died, 7, "the daemon exited with status 7 before it was ready\n"),
            exited.out + exited.err);
        BOOST_TEST(at.untouched());
        const auto killed = start<Daemon>({.pid = {.path = at.file}}, [](Daemon&) { ::kill(::getpid(), SIGKILL); });
        BOOST_TEST(tells<Daemon>(killed, start_outcome::died, 1,
                                 "the daemon was killed by signal 9 (Killed) before it was ready\n"),
                   killed.out + killed.err);
        BOOST_TEST(at.untouched());
    });
}

BOOST_AUTO_TEST_CASE(a_late_daemon_leaves_nothing)
{
    with_each([]<class Daemon>(const Daemon&) {
        const place at;
        const auto launcher = start<Daemon>({.fork = {.deadline = 100ms}, .pid = {.path = at.file}}, [](Daemon&) {
            for (;;) ::pause(); // with TERM blocked, as in every on_start()
        });
        BOOST_TEST(tells<Daemon>(launcher, start_outcome::late, 1, "the daemon was not ready within 0.1 s"),
                   launcher.out + launcher.err);
        BOOST_TEST(pid_in(at.file) == 0);
        BOOST_TEST(at.untouched());
    });
}

BOOST_AUTO_TEST_CASE(extend_before_ready_brings_the_deadline_nearer_or_away)
{
    with_each([]<class Daemon>(const Daemon&) {
        const place at;
        const auto launcher = start<Daemon>({.fork = {.deadline = 1h}, .pid = {.path = at.file}}, [](Daemon& self) {
            self.extend(10ms);
            for (;;) ::pause();
        });
        BOOST_TEST(tells<Daemon>(launcher, start_outcome::late, 1, "the daemon was not ready"),
                   launcher.out + launcher.err);
        const auto patient = start<Daemon>({.fork = {.deadline = 1h}, .pid = {.path = at.file}},
                                           [](Daemon& self) { self.extend(std::chrono::hours::max()); });
        BOOST_TEST(patient.status == 0, patient.out);
    });
}

BOOST_AUTO_TEST_CASE(the_daemon_stays_the_holder_when_the_launcher_is_killed)
{
    with_each([]<class Daemon>(const Daemon&) {
        const place at;
        (void)in_child([&] {
            const pid_t launcher = ::getpid();
            Daemon daemon;
            daemon.starting = [launcher](Daemon&) {
                ::kill(launcher, SIGKILL);
                ends(launcher);
            };
            return static_cast<int>(daemon.start({.pid = {.path = at.file}}));
        });
        const flock_pid_file pid{.path = at.file};
        BOOST_TEST_REQUIRE(eventually([&] { return static_cast<bool>(pid.find()); }), "the daemon is there");
        const pid_t daemon = pid.find().pid;
        BOOST_TEST_REQUIRE(alive(daemon));
        ::kill(daemon, SIGTERM);
        BOOST_TEST(ends(daemon), "and receives TERM");
    });
}

BOOST_AUTO_TEST_CASE(a_process_with_threads_is_refused_before_anything_is_changed)
{
    with_each([]<class Daemon>(const Daemon&) {
        const place at;
        const auto launcher = in_child([&] {
            std::thread([] {
                for (;;) ::pause();
            }).detach();
            std::thread([] {
                for (;;) ::pause();
            }).detach();
            const auto result = Daemon{}.start({.pid = {.path = at.file}});
            std::printf("%d %s; %s\n", static_cast<int>(result.outcome), result.message.c_str(),
                        ::waitpid(-1, nullptr, WNOHANG) == -1 ? "no child is left" : "a child is left");
            return result.status;
        });
        BOOST_TEST(launcher.status == 1);
        BOOST_TEST(launcher.out == "2 cannot fork: the process has 3 threads, and only one of them would run in the "
                                   "daemon: start the daemon before any other thread; no child is left\n");
        BOOST_TEST(at.untouched());
    });
}

BOOST_AUTO_TEST_CASE(a_deadline_that_is_not_positive_is_refused_and_leaves_nothing)
{
    with_each([]<class Daemon>(const Daemon&) {
        for (const auto deadline : {0ns, std::chrono::nanoseconds(-1h)}) {
            const place at;
            const auto launcher =
                start<Daemon>({.fork = {.deadline = deadline}, .pid = {.path = at.file}}, [](Daemon&) {});
            BOOST_TEST(launcher.status == exit_status::not_configured);
            BOOST_TEST(launcher.out.starts_with("2 6 cannot wait for the daemon: the deadline"), launcher.out);
            BOOST_TEST(at.untouched());
        }
    });
}

BOOST_AUTO_TEST_CASE(a_start_that_loses_the_claim_makes_no_process)
{
    with_each([]<class Daemon>(const Daemon&) {
        const place at;
        const auto first = start<Daemon>({.pid = {.path = at.file}}, [](Daemon&) {});
        BOOST_TEST_REQUIRE(first.status == 0);
        const auto pid = std::to_string(pid_in(at.file));
        const auto second = start<Daemon>({.pid = {.path = at.file}}, [](Daemon&) {});
        BOOST_TEST(tells<Daemon>(second, start_outcome::already_running, 0, "already running (pid " + pid + ")\n"),
                   "LSB: start of what runs is success: " << second.out);
        BOOST_TEST(std::to_string(pid_in(at.file)) == pid);
    });
}

BOOST_AUTO_TEST_SUITE_END()
