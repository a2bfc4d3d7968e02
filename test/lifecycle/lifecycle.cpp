// SPDX-License-Identifier: BSL-1.0
// The life of a daemon: the order of its steps, every result of a start, and which process reports what.
#include "lifecycle/in_child.hpp"
#include "support/child_process.hpp"
#include "support/file.hpp"
#include "support/mounts.hpp"
#include "support/process.hpp"
#include "support/skip.hpp"
#include "support/temporary_directory.hpp"
#include "support/text.hpp"
#include "support/user.hpp"

#include <daemonkit/presets.hpp>

#include <boost/test/unit_test.hpp>

#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <memory>
#include <thread>

using namespace std::chrono_literals;
using namespace daemonkit;

namespace {

template <class Derived, class Daemon>
struct hooks : Daemon
{
    std::function<void(Derived&)> starting = [](Derived&) {};
    std::function<int(Derived&)> body = [](Derived& self) {
        say("running " + std::to_string(::getpid()));
        while (self.wait()) {}
        return 0;
    };
    std::function<void(Derived&)> stopping = [](Derived&) {};

    int run() { return body(self()); }
    void on_start() { starting(self()); }
    void on_reload() { say("reloaded"); }
    void on_stop() { stopping(self()); }

private:
    Derived& self() { return static_cast<Derived&>(*this); }
};

/// A daemon of the default parts.
struct quiet : hooks<quiet, sysv_daemon<quiet>>
{};

/// A daemon that announces readiness itself and prints to a channel of the test.
struct announcing : hooks<announcing, sysv_daemon<announcing, flock_pid_file, signalfd_signals, log_file_stdio>>
{
    static constexpr bool announces_ready = true;
};

/// A daemon in the foreground, with a pid file.
struct staying : hooks<staying, container_daemon<staying, flock_pid_file>>
{};

/// The result of a start in a line, in the launcher or in the daemon.
std::string in_words(const start_result& r)
{
    const char* const names[] = {"ready", "already_running", "failed", "died", "late", "not_running", "finished"};
    return std::string(r.in_launcher ? "launcher" : "daemon") + ": " + names[static_cast<int>(r.outcome)] + " " +
           std::to_string(r.status) + " pid " + std::to_string(r.pid) + " [" + r.message + "]";
}

/// A child of the test that starts the daemon after `prepare` has set it up, and prints what start() returned.
template <class Daemon>
child_process starting(const typename Daemon::settings& s, const std::function<void(Daemon&)>& prepare = {})
{
    return child_process([&] {
        Daemon d;
        if (prepare) prepare(d);
        auto mine = s;
        mine.process.name = "mine";
        mine.process.keep_descriptors = child_process::descriptors();
        const start_result result = d.start(mine);
        if (!result.in_launcher) child_process::await(); // the launcher has ended, so that the test is the parent
        say(in_words(result));
        return result;
    });
}

pid_t running(child_process& launcher) { return launcher.says("running ") ? std::stoi(launcher.rest_of_line()) : 0; }

} // namespace

BOOST_AUTO_TEST_SUITE(start_report, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(ready_and_finished)
{
    const temporary_directory dir;
    auto launcher = starting<quiet>({.pid = {.path = dir / "pid"}}, [](quiet& d) {
        d.body = [](quiet& self) {
            say("running " + std::to_string(::getpid()));
            while (self.wait()) {}
            return 42;
        };
    });
    const pid_t daemon = running(launcher);
    BOOST_REQUIRE(daemon != 0);
    BOOST_TEST(launcher.said("launcher: ready 0 pid " + std::to_string(daemon) + " []"));
    BOOST_TEST(launcher.status() == 0);
    BOOST_TEST(pid_in((dir / "pid").string()) == daemon);
    BOOST_TEST(proc_stat(daemon, 4) == ::getpid()); // the nearest subreaper already, when start() returns
    ::kill(daemon, SIGTERM);
    launcher.go();
    BOOST_TEST(launcher.says("daemon: finished 42 pid " + std::to_string(daemon) + " []"));
    BOOST_TEST(child_process::status_of(daemon) == 42);
    BOOST_TEST(is_empty(dir.path()));
}

BOOST_AUTO_TEST_CASE(already_running)
{
    const temporary_directory dir;
    auto first = starting<quiet>({.pid = {.path = dir / "pid"}});
    const pid_t daemon = running(first);
    BOOST_REQUIRE(daemon != 0);
    BOOST_REQUIRE(first.said("launcher: ready"));
    auto second = starting<quiet>({.pid = {.path = dir / "pid"}});
    const auto number = std::to_string(daemon);
    BOOST_TEST(second.says("launcher: already_running 0 pid " + number + " [already running (pid " + number + ")]"));
    BOOST_TEST(second.status() == 0);
    BOOST_TEST(second.everything().find("running ", second.heard().find("]")) == std::string::npos);
    BOOST_TEST(read_file(dir / "pid") == number + "\n");
}

BOOST_AUTO_TEST_CASE(an_exception_from_on_start_is_the_message_of_the_launcher)
{
    const auto none = std::make_error_code(std::errc::permission_denied);
    const std::vector<std::pair<std::function<void(quiet&)>, std::string>> cases{
        {[=](quiet&) { throw startup_error(none, "bind to", "port 80", "only root may"); },
         "4 pid DAEMON [cannot bind to port 80: only root may]"},
        {[](quiet&) { throw startup_error::bad_setting("use the zone", "Nowhere", "there is none of that name"); },
         "6 pid DAEMON [cannot use the zone Nowhere: there is none of that name]"},
        {[](quiet&) { throw std::runtime_error("the zone file is broken"); }, "1 pid DAEMON [the zone file is broken]"},
        {[](quiet&) { throw 7; }, "1 pid DAEMON [an exception that is no std::exception]"},
    };
    for (const auto& [start, expected] : cases) {
        const temporary_directory dir;
        auto launcher = starting<quiet>({.pid = {.path = dir / "run" / "mine" / "pid"}}, [&](quiet& d) {
            d.starting = [&](quiet& self) {
                say("on_start " + std::to_string(::getpid()));
                start(self);
            };
            d.stopping = [](quiet&) { say("on_stop"); };
        });
        BOOST_REQUIRE(launcher.says("on_start "));
        auto line = expected;
        line.replace(line.find("DAEMON"), 6, launcher.rest_of_line());
        launcher.go();
        BOOST_TEST(launcher.says("launcher: failed " + line), launcher.heard());
        BOOST_TEST(launcher.status() == line.front() - '0');
        BOOST_TEST(is_empty(dir.path()));
        const auto& said = launcher.everything(); // ends when the last process that could print has ended
        BOOST_TEST(!contains(said, "running"));
        BOOST_TEST(!contains(said, "on_stop"));
        BOOST_TEST(eventually([] { return children_of(::getpid()).empty() || ::waitpid(-1, nullptr, WNOHANG) == -1; }));
    }
}

BOOST_AUTO_TEST_CASE(a_death_before_ready_is_told_at_once)
{
    const std::vector<std::pair<std::function<void(quiet&)>, std::string>> cases{
        {[](quiet&) { ::_exit(7); }, "died 7 pid DAEMON [the daemon exited with status 7 before it was ready]"},
        {[](quiet&) { ::_exit(0); }, "died 1 pid DAEMON [the daemon exited with status 0 before it was ready]"},
        {[](quiet&) { ::raise(SIGKILL); },
         "died 1 pid DAEMON [the daemon was killed by signal 9 (Killed) before it was ready]"},
    };
    for (const auto& [start, expected] : cases) {
        const temporary_directory dir;
        auto launcher = starting<quiet>({.fork = {.deadline = 1h}, .pid = {.path = dir / "pid"}}, [&](quiet& d) {
            d.starting = [&](quiet& self) {
                say("on_start " + std::to_string(::getpid()));
                start(self);
            };
        });
        BOOST_REQUIRE(launcher.says("on_start "));
        auto line = expected;
        line.replace(line.find("DAEMON"), 6, launcher.rest_of_line());
        BOOST_TEST(launcher.says("launcher: " + line), launcher.heard());
        BOOST_TEST(launcher.status() == (line.starts_with("died 7") ? 7 : 1));
        BOOST_TEST(is_empty(dir.path()));
        while (::waitpid(-1, nullptr, WNOHANG) > 0) {} // this process inherits the dead daemon, as init does
        BOOST_TEST(children_of(::getpid()).empty());
    }
}

BOOST_AUTO_TEST_CASE(late)
{
    const temporary_directory dir;
    auto launcher = starting<quiet>({.fork = {.deadline = 50ms}, .pid = {.path = dir / "pid"}}, [](quiet& d) {
        d.starting = [](quiet&) {
            say("on_start " + std::to_string(::getpid()));
            for (;;) ::pause();
        };
    });
    BOOST_REQUIRE(launcher.says("on_start "));
    const pid_t daemon = std::stoi(launcher.rest_of_line());
    BOOST_TEST(launcher.says("launcher: late 1 pid "));
    BOOST_TEST(launcher.says(" and was ended: set a longer deadline, or call extend() while the daemon starts"));
    BOOST_TEST(launcher.status() == 1);
    BOOST_TEST(!alive(daemon));
    BOOST_TEST(is_empty(dir.path()));
}

BOOST_AUTO_TEST_CASE(a_deadline_that_is_not_positive_is_refused)
{
    for (const auto deadline : {0s, -1s}) {
        const temporary_directory dir;
        auto launcher = starting<quiet>({.fork = {.deadline = deadline}, .pid = {.path = dir / "pid"}});
        BOOST_TEST(launcher.says("launcher: failed 6 pid 0 [cannot wait for the daemon: "));
        BOOST_TEST(launcher.status() == 6);
        BOOST_TEST(is_empty(dir.path()));
    }
}

BOOST_AUTO_TEST_CASE(threads_are_refused_by_number)
{
    const temporary_directory dir;
    child_process launcher([&] {
        std::thread one([] { child_process::await(); });
        std::thread two([] { child_process::await(); });
        const auto result = quiet{}.start({.pid = {.path = dir / "pid"}});
        say(in_words(result));
        one.join();
        two.join();
        return result;
    });
    BOOST_TEST(launcher.says("launcher: failed 1 pid 0 [cannot fork: the process has 3 threads"));
    BOOST_TEST(is_empty(dir.path()));
    launcher.go();
    launcher.go();
    BOOST_TEST(launcher.status() == 1);
}

BOOST_AUTO_TEST_CASE(the_result_is_the_exit_status)
{
    const start_result failed{{start_outcome::failed, 6, 0, "x"}, true};
    BOOST_TEST(int(failed) == 6);
    BOOST_TEST(int(start_result{}) == 1); // whoever forgets to fill it in has not succeeded
    BOOST_TEST(start_result{}.in_launcher);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(announced_readiness, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(start_returns_when_run_calls_ready_and_not_before)
{
    const temporary_directory dir;
    auto launcher =
        starting<announcing>({.pid = {.path = dir / "pid"}, .stdio = {.output = dir / "log"}}, [](announcing& d) {
            d.body = [](announcing& self) {
                say("initialising in run");
                child_process::await();
                say("calling ready " + std::to_string(::getpid()));
                self.ready();
                self.ready(); // once is enough, twice does no harm
                while (self.wait()) {}
                return 0;
            };
        });
    BOOST_REQUIRE(launcher.says("initialising in run"));
    BOOST_TEST(!contains(launcher.heard(), "launcher:"));
    BOOST_TEST(alive(launcher.pid()));
    launcher.go();
    BOOST_REQUIRE(launcher.says("calling ready "));
    BOOST_TEST(launcher.says("launcher: ready 0 pid " + launcher.rest_of_line()));
}

BOOST_AUTO_TEST_CASE(a_daemon_that_never_calls_ready_is_told_so_and_not_only_that_it_is_late)
{
    const temporary_directory dir;
    auto launcher = starting<announcing>(
        {.fork = {.deadline = 50ms}, .pid = {.path = dir / "pid"}, .stdio = {.output = dir / "log"}},
        [](announcing& d) {
            d.body = [](announcing& self) {
                while (self.wait()) {}
                return 0;
            };
        });
    BOOST_TEST(launcher.says("launcher: late 1 pid "));
    BOOST_TEST(launcher.says("was ended: run() has not called ready(), but the class sets announces_ready"));
    BOOST_TEST(launcher.status() == 1);
    BOOST_TEST(!boost::filesystem::exists(dir / "pid"));
}

BOOST_AUTO_TEST_CASE(run_that_ends_before_it_is_a_failure)
{
    for (const int status : {0, 9}) {
        const temporary_directory dir;
        auto launcher = starting<announcing>({.pid = {.path = dir / "pid"}, .stdio = {.output = dir / "log"}},
                                             [=](announcing& d) { d.body = [=](announcing&) { return status; }; });
        launcher.go();
        BOOST_TEST(launcher.says("launcher: failed " + std::to_string(status == 0 ? 1 : status)));
        BOOST_TEST(launcher.says("[run() ended with status " + std::to_string(status) + " before it called ready()]"));
        BOOST_TEST(launcher.status() == (status == 0 ? 1 : status));
        BOOST_TEST(!boost::filesystem::exists(dir / "pid"));
    }
}

BOOST_AUTO_TEST_CASE(an_exception_from_run_before_ready_reaches_the_launcher)
{
    const temporary_directory dir;
    auto launcher =
        starting<announcing>({.pid = {.path = dir / "pid"}, .stdio = {.output = dir / "log"}}, [](announcing& d) {
            d.body = [](announcing&) -> int { throw startup_error::bad_setting("use", "it", "because"); };
        });
    launcher.go();
    BOOST_TEST(launcher.says("launcher: failed 6 pid "));
    BOOST_TEST(launcher.says("[cannot use it: because]"));
    BOOST_TEST(launcher.status() == 6);
    BOOST_TEST(!boost::filesystem::exists(dir / "pid"));
}

BOOST_AUTO_TEST_CASE(an_exception_from_run_after_ready_is_logged_and_everything_is_released)
{
    const std::vector<std::pair<std::function<void()>, std::string>> cases{
        {[] { throw std::runtime_error("the disk is gone"); }, "error: mine: the disk is gone\n"},
        {[] { throw startup_error::bad_setting("use", "it", "because"); }, "error: mine: cannot use it: because\n"},
        {[] { throw 7; }, "error: mine: an exception that is no std::exception\n"},
    };
    for (const auto& [fail, expected] : cases) {
        const temporary_directory dir;
        auto launcher =
            starting<announcing>({.pid = {.path = dir / "pid"}, .stdio = {.output = dir / "log"}}, [&](announcing& d) {
                d.body = [&](announcing& self) {
                    self.ready();
                    say("running " + std::to_string(::getpid()));
                    child_process::await();
                    fail();
                    return 0;
                };
            });
        const pid_t daemon = running(launcher);
        BOOST_REQUIRE(daemon != 0);
        BOOST_TEST(launcher.status() == 0);
        BOOST_TEST(boost::filesystem::exists(dir / "pid"));
        launcher.go();
        launcher.go();
        BOOST_TEST(child_process::status_of(daemon) == 1);
        BOOST_TEST(read_file(dir / "log").ends_with(" " + expected)); // after the time
        BOOST_TEST(!boost::filesystem::exists(dir / "pid"));
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(run_in_foreground, *boost::unit_test::label("process"))

namespace {

template <class Daemon>
void stays_in_the_foreground(start_result (*live)(Daemon&, const typename Daemon::settings&))
{
    const temporary_directory dir;
    const auto mine = [&](const std::function<start_result(Daemon&, const typename Daemon::settings&)>& how) {
        return child_process([&] {
            ::signal(SIGHUP, SIG_IGN); // nohup
            Daemon d;
            d.body = [](Daemon& self) {
                std::printf("printed\n");
                std::fflush(stdout);
                say("running " + std::to_string(::getpid()));
                while (self.wait()) {}
                return 5;
            };
            const auto result = how(d, {.pid = {.path = dir / "pid"}});
            say(in_words(result));
            return result;
        });
    };
    auto daemon = mine(live);
    BOOST_TEST(daemon.says("printed"));
    BOOST_REQUIRE(running(daemon) == daemon.pid());
    const auto number = std::to_string(daemon.pid());
    BOOST_TEST(read_file(dir / "pid") == number + "\n");
    daemon.signal(SIGHUP);
    BOOST_TEST(daemon.says("reloaded"));
    {
        auto second = child_process([&] {
            const auto result = quiet{}.start({.pid = {.path = dir / "pid"}});
            say(in_words(result));
            return result;
        });
        BOOST_TEST(second.says("launcher: already_running 0 pid " + number));
        BOOST_TEST(second.status() == 0);
        const auto third = in_child([&] {
            return Daemon::status({.pid = {.path = dir / "pid"}}).pid == daemon.pid() &&
                           Daemon::status({.pid = {.path = dir / "pid"}}).status() == 0
                       ? 0
                       : 1;
        });
        BOOST_TEST(third.status == 0);
        BOOST_REQUIRE(alive(daemon.pid()));
        daemon.signal(SIGTERM);
        BOOST_TEST(daemon.says("daemon: finished 5 pid " + number + " []"));
        BOOST_TEST(daemon.status() == 5);
    }
    BOOST_TEST(is_empty(dir.path()));
}

} // namespace

BOOST_AUTO_TEST_CASE(of_a_daemon_that_would_fork)
{
    stays_in_the_foreground<quiet>([](quiet& d, const quiet::settings& s) { return d.run_in_foreground(s); });
}

BOOST_AUTO_TEST_CASE(start_of_a_daemon_that_does_not_fork)
{
    stays_in_the_foreground<staying>([](staying& d, const staying::settings& s) { return d.start(s); });
}

BOOST_AUTO_TEST_CASE(a_failure_there_is_in_the_result)
{
    const temporary_directory dir;
    child_process daemon([&] {
        staying d;
        d.starting = [](staying&) { throw std::runtime_error("no zone"); };
        const auto result = d.start({.pid = {.path = dir / "pid"}});
        say(in_words(result));
        return result;
    });
    BOOST_TEST(daemon.says("daemon: failed 1 pid 0 [no zone]"));
    BOOST_TEST(daemon.status() == 1);
    BOOST_TEST(is_empty(dir.path()));
}

BOOST_AUTO_TEST_CASE(with_closed_descriptors_nothing_lands_in_the_pid_file)
{
    for (unsigned closed = 0; closed < 8; ++closed) {
        const temporary_directory dir;
        child_process daemon([&] {
            for (int fd = 0; fd <= 2; ++fd)
                if ((closed >> static_cast<unsigned>(fd) & 1U) != 0) ::close(fd);
            quiet d;
            d.body = [&](quiet&) {
                std::printf("to stdout\n");
                std::fflush(stdout);
                std::fprintf(stderr, "to stderr\n");
                return read_file(dir / "pid") == std::to_string(::getpid()) + "\n" ? 0 : 1;
            };
            return d.run_in_foreground({.pid = {.path = dir / "pid"}});
        });
        BOOST_TEST(daemon.status() == 0, "closed: " << closed);
        BOOST_TEST(is_empty(dir.path()));
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(lifecycle, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(a_start_with_closed_descriptors)
{
    for (unsigned closed = 0; closed < 8; ++closed) {
        const temporary_directory dir;
        auto launcher = child_process([&] {
            for (int fd = 0; fd <= 2; ++fd)
                if ((closed >> static_cast<unsigned>(fd) & 1U) != 0) ::close(fd);
            quiet d;
            d.body = [&](quiet& self) {
                std::printf("to stdout\n");
                std::fflush(stdout);
                std::fprintf(stderr, "to stderr\n");
                say("running " + std::to_string(::getpid()));
                while (self.wait()) {}
                return 0;
            };
            return d.start(
                {.pid = {.path = dir / "pid"}, .process = {.keep_descriptors = child_process::descriptors()}});
        });
        const pid_t daemon = running(launcher);
        BOOST_REQUIRE(daemon != 0);
        BOOST_TEST(launcher.status() == 0);
        for (const char* name : {"fd/0", "fd/1", "fd/2"}) BOOST_TEST(proc_link(daemon, name) == "/dev/null");
        BOOST_TEST(read_file(dir / "pid") == std::to_string(daemon) + "\n");
        ::kill(daemon, SIGTERM);
        BOOST_TEST(child_process::status_of(daemon) == 0);
    }
}

BOOST_AUTO_TEST_CASE(a_start_that_loses_makes_no_process)
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root, to become a user who may have no more processes");
    const temporary_directory dir;
    BOOST_REQUIRE(::chown(dir.path().c_str(), nobody, nobody) == 0);
    const auto start_as_nobody = [&](bool may_fork) {
        return child_process([&dir, may_fork] {
            const rlimit none{0, 0};
            if (!become_user(nobody) || (!may_fork && ::setrlimit(RLIMIT_NPROC, &none) == -1)) return 99;
            const auto result = quiet{}.start(
                {.pid = {.path = dir / "pid"}, .process = {.keep_descriptors = child_process::descriptors()}});
            say(in_words(result));
            return int(result);
        });
    };
    {
        auto forbidden = start_as_nobody(false);
        BOOST_TEST(forbidden.says("launcher: failed 1 pid 0 [cannot fork: Resource temporarily unavailable]"));
        BOOST_TEST(is_empty(dir.path()));
    }
    auto winner = start_as_nobody(true);
    BOOST_REQUIRE(running(winner) != 0);
    BOOST_REQUIRE(winner.said("launcher: ready"));
    auto loser = start_as_nobody(false);
    BOOST_TEST(loser.says("launcher: already_running 0"));
}

BOOST_AUTO_TEST_CASE(on_start_has_the_identity_and_dev_null_and_run_comes_before_on_stop)
{
    const temporary_directory dir;
    auto launcher = starting<quiet>({.pid = {.path = dir / "pid"}}, [&](quiet& d) {
        d.starting = [&](quiet&) {
            say(std::string("on_start, published: ") + (pid_in((dir / "pid").string()) == ::getpid() ? "yes" : "no") +
                ", stdout " + proc_link(::getpid(), "fd/1") + ", cwd " + proc_link(::getpid(), "cwd"));
            child_process::await(); // the launcher waits for the end of on_start
        };
        d.body = [](quiet&) {
            say("run");
            child_process::await();
            return 0;
        };
        d.stopping = [&](quiet&) {
            say(std::string("on_stop, published: ") + (pid_in((dir / "pid").string()) == ::getpid() ? "yes" : "no"));
        };
    });
    BOOST_TEST(launcher.says("on_start, published: yes, stdout /dev/null, cwd /\n"));
    BOOST_TEST(!contains(launcher.heard(), "launcher:"));
    launcher.go();
    BOOST_TEST(launcher.says("run"));
    BOOST_TEST(launcher.status() == 0);
    launcher.go();
    BOOST_TEST(launcher.says("on_stop, published: yes"));
    launcher.go();
    BOOST_TEST(launcher.says("daemon: finished 0"));
}

BOOST_AUTO_TEST_CASE(waiting_outside_run_is_a_logic_error)
{
    quiet d;
    BOOST_CHECK_THROW(d.wait(), std::logic_error);
    BOOST_CHECK_THROW(d.wait_for(1s), std::logic_error);
    BOOST_CHECK_THROW((void)d.signal_fd(), std::logic_error);
    d.extend(1s); // nobody waits, nothing happens
    // and after a life it is one again
    const auto after = in_child([] {
        staying one;
        const temporary_directory dir;
        one.body = [](staying&) { return 0; };
        if (one.start({.pid = {.path = dir / "pid"}}) != 0) return 1;
        try {
            one.wait();
        } catch (const std::logic_error&) {
            return 0;
        }
        return 2;
    });
    BOOST_TEST(after.status == 0);
}

// exit(3) destroys objects with static storage. The guards of a daemon that is one stay as they are.
BOOST_AUTO_TEST_CASE(exit_in_a_child_or_in_the_launcher_releases_nothing_of_a_static_daemon)
{
    const temporary_directory dir;
    const auto launch = [&](bool launcher_exits_early) {
        return child_process([&dir, launcher_exits_early] {
            static quiet daemon;
            daemon.starting = [=](quiet&) {
                if (launcher_exits_early) child_process::await(); // until the test has seen the end of the launcher
            };
            daemon.body = [](quiet& self) {
                const pid_t child = ::fork();
                if (child == 0) std::exit(0);
                say("child " + std::to_string(child_process::status_of(child)) + " daemon " +
                    std::to_string(::getpid()));
                while (self.wait()) {}
                return 0;
            };
            const auto exits = [=](std::chrono::nanoseconds) {
                if (launcher_exits_early) std::exit(3);
            };
            const auto result = daemon.start_watched(
                exits, {.pid = {.path = dir / "pid"}, .process = {.keep_descriptors = child_process::descriptors()}});
            if (result.in_launcher) std::exit(result.status);
            return result.status;
        });
    };
    for (const bool early : {false, true}) BOOST_TEST_CONTEXT((early ? "the launcher exits before" : "after"))
        {
            auto launcher = launch(early);
            if (early) {
                BOOST_TEST(launcher.status() == 3);
                BOOST_TEST(boost::filesystem::exists(dir / "pid"), "the daemon that starts still has its file");
                launcher.go();
            }
            BOOST_TEST(launcher.says("child 0 daemon "));
            const pid_t daemon = std::stoi(launcher.rest_of_line());
            if (!early) BOOST_TEST(launcher.status() == 0);
            BOOST_TEST(pid_in((dir / "pid").string()) == daemon);
            BOOST_TEST(quiet::status({.pid = {.path = dir / "pid"}}).pid == daemon);
            BOOST_TEST(quiet::stop({.pid = {.path = dir / "pid"}}).status == 0);
            BOOST_TEST(!boost::filesystem::exists(dir / "pid"));
        }
}

BOOST_AUTO_TEST_CASE(pid_1_stays_in_the_foreground_and_says_so)
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root, for a process namespace");
    const temporary_directory dir;
    child_process parent([&] {
        if (!unshare_mounts(CLONE_NEWPID)) return 77;
        const pid_t init = ::fork();
        if (init == 0) {
            child_process::await(); // until the test knows its pid out there
            if (::mount("proc", "/proc", "proc", 0, nullptr) == -1) ::_exit(77);
            quiet d;
            ::_exit(d.start({.pid = {.path = dir / "pid"}, .process = {.name = "mine"}}));
        }
        say("init " + std::to_string(init));
        return child_process::status_of(init);
    });
    const bool told = parent.says("init ");
    const pid_t init = told ? std::stoi(parent.rest_of_line()) : 0;
    if (told) parent.go();
    if (!told || (!parent.says("mine: pid 1 does not fork") && parent.status() == 77))
        DAEMONKIT_SKIP("no process namespace can be made here");
    BOOST_TEST(parent.says("running in the foreground"));
    BOOST_TEST(running(parent) == 1);
    BOOST_TEST(read_file(dir / "pid") == "1\n");
    ::kill(init, SIGTERM);
    BOOST_TEST(parent.status() == 0);
    BOOST_TEST(is_empty(dir.path()));
}

namespace {

struct taking_arguments : container_daemon<taking_arguments>
{
    int run(std::string& changed, const std::vector<int>& read, std::unique_ptr<int> taken)
    {
        changed += std::to_string(read.size());
        return *taken;
    }
};

} // namespace

BOOST_AUTO_TEST_CASE(arguments_reach_run_as_they_were_given)
{
    const auto seen = in_child([] { // it would leave its directory and limits to the tests after it
        std::string changed = "a";
        const std::vector<int> read{1, 2, 3};
        auto taken = std::make_unique<int>(17);
        const int status = taking_arguments{}.start({}, changed, read, std::move(taken));
        return changed == "a3" && !taken ? status : 1;
    });
    BOOST_TEST(seen.status == 17);
}

BOOST_AUTO_TEST_SUITE_END()

namespace {

// Policies that only tell when they were asked for what, and fail where they are told to.

std::vector<std::string> steps;
std::string failing;

void step(const char* name)
{
    steps.emplace_back(name);
    if (failing == name) throw std::runtime_error(std::string("failing: ") + name);
}

struct undone
{
    const char* name;
    explicit undone(const char* n) : name(n) {}
    undone(undone&& other) noexcept : name(std::exchange(other.name, nullptr)) {}
    undone& operator=(undone&&) = delete;
    ~undone()
    {
        if (name != nullptr) steps.emplace_back(name);
    }
};

struct told_fork
{
    static constexpr bool detaches = false;
};

/// In place of a fork the process goes on as the daemon: what a fork changes is not seen by it.
struct told_detaching_fork
{
    static constexpr bool detaches = true;
    struct link
    {
        undone on_the_way_out{"~link"};
        link() = default;
        link(link&&) = default;
        link& operator=(link&&) noexcept { return *this; }
        static bool in_launcher() noexcept { return false; }
        static int descriptor() noexcept { return -1; }
        void ready() noexcept { steps.emplace_back("link: ready"); }
        void fail(std::string_view why, int) noexcept { steps.emplace_back("link: fail: " + std::string(why)); }
        void extend(std::chrono::nanoseconds) noexcept { steps.emplace_back("link: extend"); }
        template <class Progress>
        daemonkit::start_report wait(Progress)
        {
            return {};
        }
    };
    link detach() const
    {
        step("detach");
        return {};
    }
};

struct told_notify
{
    static constexpr bool notifies = true;
    struct line
    {
        std::array<int, 1> descriptors() const noexcept { return {-1}; }
        void ready() noexcept { steps.emplace_back("ready"); }
        void fail(std::string_view why, int) noexcept { steps.emplace_back("fail: " + std::string(why)); }
        void extend(std::chrono::nanoseconds) noexcept { steps.emplace_back("extend"); }
        std::chrono::nanoseconds alive() noexcept { return daemonkit::sys::forever; }
        std::chrono::nanoseconds watchdog_interval() const noexcept { return daemonkit::sys::forever; }
        void reloading() noexcept { steps.emplace_back("reloading"); }
        void reloaded(std::string_view) noexcept { steps.emplace_back("reloaded"); }
        void status(std::string_view) noexcept { steps.emplace_back("status"); }
        void stopping() noexcept { steps.emplace_back("stopping"); }
        bool store(int, std::string_view) noexcept { return false; }
        void remove(std::string_view) noexcept {}
    };
    line connect() const
    {
        step("connect");
        return {};
    }
};

struct told_pid
{
    static constexpr bool records_pid = false;
    struct guard
    {
        undone on_the_way_out{"~identity"};
        guard() = default;
        guard(guard&&) = default;
        guard& operator=(guard&&) noexcept { return *this; }
        void publish(pid_t pid) { step(pid == ::getpid() && daemonkit::sys::this_process() == pid ? "publish" : "?"); }
        void release() noexcept { steps.emplace_back("release"); }
        std::array<int, 1> descriptors() const noexcept { return {-1}; }
        int lost_fd() const noexcept { return -1; }
        bool keep() noexcept
        {
            steps.emplace_back("keep");
            return failing != "keep";
        }
    };
    guard claim() const
    {
        step("claim");
        return {};
    }
};

struct told_signals
{
    static constexpr bool claims_signals = true;
    static constexpr std::array<int, 1> chosen{SIGUSR1};
    struct guard
    {
        undone on_the_way_out{"~signals"};
        std::vector<int> events{SIGHUP, 0, SIGUSR1, SIGTERM};
        std::size_t next = 0;
        signal_event wait(std::chrono::nanoseconds, int) { return {events.at(next++)}; }
    };
    guard install(std::span<const int> heard, const sigset_t&) const
    {
        std::string all = "install";
        for (const int signal : heard) all += " " + std::to_string(signal);
        step(all.c_str());
        return {};
    }
};

struct told_stdio
{
    static constexpr bool keeps_terminal = false;
    static constexpr bool reopens = true;
    struct guard
    {
        undone on_the_way_out{"~streams"};
        guard() = default;
        guard(guard&&) = default;
        guard& operator=(guard&&) noexcept { return *this; }
        void give_to(uid_t, gid_t) { step("give_to"); }
        void reopen() { step("reopen"); }
    };
    guard redirect() const
    {
        step("redirect");
        return {};
    }
};

template <class Fork>
struct told_by : basic_daemon<told_by<Fork>, Fork, told_pid, told_signals, told_stdio, told_notify>
{
    void on_start() { step("on_start"); }
    void on_reload() { step("on_reload"); }
    void on_signal(int) { step("on_signal"); }
    void on_stop() { step("on_stop"); }
    int run()
    {
        step("run");
        while (this->wait()) {}
        return 3;
    }
};
using told = told_by<told_fork>;

/// A life in this process, in whose course `where` fails.
template <class Daemon = told>
start_result live_with_failure(const std::string& where)
{
    steps.clear();
    failing = where;
    return Daemon{}.start({.process = {.name = "told",
                                       .working_directory = boost::filesystem::current_path().string(),
                                       .core_dumps = true}});
}

const std::vector<std::string> whole_life{
    "claim",     "connect", "install 15 2 1 10", "publish",   "redirect", "on_start", "keep",      "ready", "run",
    "reloading", "reopen",  "on_reload",         "reloaded",  "keep",     "keep",     "on_signal", "keep",  "keep",
    "stopping",  "on_stop", "~streams",          "~identity", "~signals"};

} // namespace

BOOST_AUTO_TEST_SUITE(order_of_steps)

BOOST_AUTO_TEST_CASE(of_a_whole_life)
{
    const auto result = live_with_failure("");
    BOOST_TEST(steps == whole_life, boost::test_tools::per_element());
    BOOST_TEST(int(result) == 3);
    BOOST_TEST((result.outcome == start_outcome::finished));
}

// The launcher is told beside the service manager, and its link is released last.
BOOST_AUTO_TEST_CASE(of_a_life_that_detaches)
{
    const auto lived = [](const std::string& where) {
        return in_child([=] {
            const auto result = live_with_failure<told_by<told_detaching_fork>>(where);
            for (const auto& s : steps) std::printf("%s\n", s.c_str());
            std::fflush(stdout);
            return result.status;
        });
    };
    std::string expected;
    for (const auto& s : whole_life) {
        if (s == "connect") expected += "detach\n";
        if (s == "ready") expected += "link: ready\n";
        expected += s + "\n";
    }
    const auto whole = lived("");
    BOOST_TEST(whole.status == 3);
    BOOST_TEST(whole.out == expected + "~link\n");

    const auto not_detached = lived("detach");
    BOOST_TEST(not_detached.status == 1);
    BOOST_TEST(not_detached.out == "claim\ndetach\n~identity\n");

    const auto not_started = lived("on_start");
    BOOST_TEST(not_started.status == 1);
    BOOST_TEST(not_started.out == expected.substr(0, expected.find("keep\n")) +
                                      "~streams\n~identity\n~signals\nfail: failing: on_start\n"
                                      "link: fail: failing: on_start\n~link\n");
}

BOOST_AUTO_TEST_CASE(what_was_taken_is_undone_in_reverse_wherever_it_fails)
{
    const std::vector<std::pair<std::string, std::vector<std::string>>> cases{
        {"claim", {}},
        {"connect", {"~identity"}},
        {"install 15 2 1 10", {"~identity", "fail"}},
        {"publish", {"~identity", "~signals", "fail"}},
        {"redirect", {"~identity", "~signals", "fail"}},
        {"on_start", {"~streams", "~identity", "~signals", "fail"}},
        {"run", {"~streams", "~identity", "~signals", "stopping", "fail"}},
        {"on_signal", {"~streams", "~identity", "~signals", "stopping", "fail"}},
        {"on_stop", {"~streams", "~identity", "~signals", "stopping", "fail"}},
    };
    for (const auto& [where, after] : cases) {
        const auto result = live_with_failure(where);
        std::vector<std::string> expected;
        for (const auto& s : whole_life) {
            expected.push_back(s);
            if (s == where) break;
        }
        for (const auto& s : after) { expected.push_back(s == "fail" ? "fail: failing: " + where : s); }
        BOOST_TEST(steps == expected, boost::test_tools::per_element());
        BOOST_TEST(int(result) == 1);
        BOOST_TEST(result.message == "failing: " + where);
    }
}

BOOST_AUTO_TEST_CASE(a_reload_that_fails_changes_nothing_of_that)
{
    for (const std::string where : {"reopen", "on_reload"}) {
        BOOST_TEST(int(live_with_failure(where)) == 3);
        auto expected = whole_life;
        // on_reload() is for a state that can be logged: it is not called where the log cannot be reopened.
        if (where == "reopen") expected.erase(std::find(expected.begin(), expected.end(), "on_reload"));
        BOOST_TEST(steps == expected, boost::test_tools::per_element());
    }
}

BOOST_AUTO_TEST_CASE(a_lost_instance_stops_the_daemon)
{
    BOOST_TEST(int(live_with_failure("keep")) == daemonkit::exit_status::identity_lost);
    const std::vector<std::string> expected{"run",      "reloading", "reopen",   "on_reload", "reloaded", "keep",
                                            "stopping", "on_stop",   "~streams", "~identity", "~signals"};
    BOOST_REQUIRE(steps.size() > expected.size());
    BOOST_TEST(std::vector<std::string>(steps.end() - 11, steps.end()) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
