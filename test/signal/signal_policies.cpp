// SPDX-License-Identifier: BSL-1.0
// What every signal policy guarantees, as a sender of signals sees it. Each scenario is compiled once and run with each
// policy, so that none is tested less than another.
#include "support/child_process.hpp"
#include "support/process.hpp"
#include "support/text.hpp"

#include <daemonkit/basic_daemon.hpp>
#include <daemonkit/fork/double_fork.hpp>
#include <daemonkit/pid/no_pid_file.hpp>
#include <daemonkit/signal.hpp>
#include <daemonkit/stdio/null_stdio.hpp>

#include <boost/test/unit_test.hpp>

#include <spawn.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <atomic>
#include <cmath>
#include <cstring>
#include <limits>
#include <thread>

using namespace std::chrono_literals;
using namespace daemonkit;
using namespace daemonkit::detail;

namespace {

void say(const std::string& line) { child_process::say(line); }
const char* yes_or_no(bool b) { return b ? "yes" : "no"; }

/// A daemon with any of the policies.
struct any_daemon
{
    std::function<int(any_daemon&)> body;
    std::function<void()> starting = [] {};
    std::function<void()> reloading = [] { say("reload"); };

    virtual bool wait() = 0;
    virtual bool wait_for(std::chrono::duration<double> time) = 0;
    virtual int fd() = 0;
    virtual bool stop_asked() = 0;
    virtual sigset_t mask_for_children() = 0;
    /// The daemon's status; in the launcher of a detached daemon, that of start().
    virtual start_result live(bool detached) = 0;

    any_daemon() = default;
    any_daemon(const any_daemon&) = delete;
    any_daemon& operator=(const any_daemon&) = delete;
    virtual ~any_daemon() = default;
};

template <class Signals>
struct listening final : basic_daemon<listening<Signals>, double_fork, no_pid_file, Signals, null_stdio>, any_daemon
{
    using base = basic_daemon<listening<Signals>, double_fork, no_pid_file, Signals, null_stdio>;

    int run() { return body(*this); }
    void on_start() { starting(); }
    void on_reload() { reloading(); }
    void on_stop() { say("on_stop"); }
    void on_signal(int signal) { say("signal " + std::to_string(signal)); }

    bool wait() override { return base::wait(); }
    bool wait_for(std::chrono::duration<double> time) override { return base::wait_for(time); }
    int fd() override
    {
        if constexpr (has_signal_fd<signals_type<Signals>>) return base::signal_fd();
        return -1;
    }
    bool stop_asked() override
    {
        if constexpr (has_stop_requested<signals_type<Signals>>) return base::stop_requested();
        return false;
    }
    sigset_t mask_for_children() override { return base::child_mask(); }
    start_result live(bool detached) override
    {
        const typename base::settings s{
            .process = {.name = "listening", .keep_descriptors = child_process::descriptors()}};
        return detached ? base::start(s) : base::run_in_foreground(s);
    }
};

using script = std::function<int(any_daemon&)>;

template <class Signals>
int play(const script& prepare)
{
    listening<Signals> daemon;
    return prepare(daemon);
}

} // namespace

// One for each policy; their names are part of the test cases' names.
struct with_flags
{
    static int live(const script& s) { return play<basic_flag_signals<SIGUSR1, SIGWINCH>>(s); }
};
struct with_self_pipe
{
    static int live(const script& s) { return play<basic_self_pipe_signals<SIGUSR1, SIGWINCH>>(s); }
};
struct with_signalfd
{
    static int live(const script& s) { return play<basic_signalfd_signals<SIGUSR1, SIGWINCH>>(s); }
};

namespace {

using every_policy = std::tuple<with_flags, with_self_pipe, with_signalfd>;
using with_handler = std::tuple<with_flags, with_self_pipe>;
using with_descriptor = std::tuple<with_self_pipe, with_signalfd>;

/// A daemon in the foreground of a child: `body` is its run().
template <class Policy>
child_process in_foreground(const script& body)
{
    return child_process([&] {
        return Policy::live([&](any_daemon& d) {
            d.body = body;
            return d.live(false);
        });
    });
}

/// A run() that waits until it is stopped.
int until_stopped(any_daemon& d)
{
    say("waiting");
    while (d.wait()) say("handled");
    return 5;
}

/// Signal settings of a careless caller of start().
void ignore_and_block_everything()
{
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD, SIGPIPE}) ::signal(signal, SIG_IGN);
    sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, nullptr);
}

/// The lines SigBlk, SigIgn and SigCgt of this process.
std::string own_signals()
{
    std::string text;
    for (const char* field : {"SigBlk", "SigIgn", "SigCgt"}) text += proc_status(::getpid(), field) + " ";
    return text;
}

/// What a child of fork() sees of its own signals, before or after exec.
std::string signals_of_child(bool exec)
{
    int out[2];
    if (::pipe(out) == -1) return "no pipe";
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(out[1], 1);
        ::close(out[0]);
        ::close(out[1]);
        if (exec) ::execlp("grep", "grep", "^Sig[BIC]", "/proc/self/status", nullptr);
        const auto text = own_signals();
        ::_exit(::write(1, text.data(), text.size()) == -1 ? 1 : 0);
    }
    ::close(out[1]);
    std::string text(1000, '\0');
    std::size_t size = 0;
    for (ssize_t n = 0; (n = ::read(out[0], text.data() + size, text.size() - size)) > 0;)
        size += static_cast<std::size_t>(n);
    ::close(out[0]);
    ::waitpid(child, nullptr, 0);
    text.resize(size);
    return text;
}

bool readable(int fd, int milliseconds)
{
    pollfd p{fd, POLLIN, 0};
    int n = 0;
    while ((n = ::poll(&p, 1, milliseconds)) == -1 && errno == EINTR) {}
    return n == 1;
}

constexpr int long_enough = 20'000;

} // namespace

BOOST_AUTO_TEST_SUITE(signal_policy, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE_TEMPLATE(term_and_int_end_a_wait_at_once, Policy, every_policy)
{
    for (const int stop : {SIGTERM, SIGINT})
        for (const double seconds : {3600.0, 1e300, std::numeric_limits<double>::infinity()}) {
            auto daemon = in_foreground<Policy>([&](any_daemon& d) {
                say("waiting");
                const bool first = d.wait_for(std::chrono::duration<double>(seconds));
                say(std::string("then ") + yes_or_no(first) + yes_or_no(d.wait_for(1h)) + yes_or_no(d.wait()));
                return 5;
            });
            BOOST_REQUIRE(daemon.says("waiting"));
            daemon.signal(stop);
            BOOST_TEST(daemon.says("then nonono"));
            BOOST_TEST(daemon.says("on_stop"));
            BOOST_TEST(daemon.status() == 5);
        }
    auto daemon = in_foreground<Policy>(until_stopped);
    BOOST_REQUIRE(daemon.says("waiting"));
    daemon.signal(SIGTERM);
    BOOST_TEST(daemon.status() == 5);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(wait_for_elapses, Policy, every_policy)
{
    auto daemon = in_foreground<Policy>([](any_daemon& d) {
        for (const double seconds : {0.03, 0.0, -1.0, -1e300, std::numeric_limits<double>::quiet_NaN()}) {
            const auto began = std::chrono::steady_clock::now();
            const bool elapsed = d.wait_for(std::chrono::duration<double>(seconds));
            const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
            if (!elapsed || took.count() < seconds) return 1;
        }
        return 0;
    });
    BOOST_TEST(daemon.status() == 0);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(reload_runs_in_normal_context_and_may_fail, Policy, every_policy)
{
    child_process daemon([] {
        return Policy::live([](any_daemon& d) {
            int count = 0;
            d.reloading = [&] {
                const std::string memory(10'000'000, 'x'); // would deadlock or crash inside a signal handler
                std::printf("printed %d\n", ++count);
                std::fflush(stdout);
                if (count == 1) throw std::runtime_error("no such zone");
                say("reloaded " + std::to_string(memory.size()));
            };
            d.body = until_stopped;
            return d.live(false);
        });
    });
    BOOST_REQUIRE(daemon.says("waiting"));
    daemon.signal(SIGHUP);
    BOOST_TEST(daemon.says("printed 1"));
    BOOST_TEST(daemon.says("listening: reload refused, the old state stays: no such zone\n"));
    BOOST_TEST(daemon.says("handled"));
    daemon.signal(SIGHUP);
    BOOST_TEST(daemon.says("printed 2"));
    BOOST_TEST(daemon.says("reloaded 10000000"));
    BOOST_TEST(daemon.says("handled"));
    daemon.signal(SIGTERM);
    BOOST_TEST(daemon.status() == 5);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(reload_may_throw_anything, Policy, every_policy)
{
    child_process daemon([] {
        return Policy::live([](any_daemon& d) {
            d.reloading = [] { throw 7; };
            d.body = until_stopped;
            return d.live(false);
        });
    });
    BOOST_REQUIRE(daemon.says("waiting"));
    daemon.signal(SIGHUP);
    BOOST_TEST(daemon.says("reload refused"));
    BOOST_TEST(daemon.says("handled"));
    daemon.signal(SIGTERM);
    BOOST_TEST(daemon.status() == 5);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(chosen_signals_reach_on_signal, Policy, every_policy)
{
    auto daemon = in_foreground<Policy>(until_stopped);
    BOOST_REQUIRE(daemon.says("waiting"));
    for (const int signal : {SIGUSR1, SIGWINCH, SIGUSR1}) {
        daemon.signal(signal);
        BOOST_TEST(daemon.says("signal " + std::to_string(signal)));
        BOOST_TEST(daemon.says("handled"));
    }
    daemon.signal(SIGTERM);
    BOOST_TEST(daemon.status() == 5);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_signal_before_the_wait_is_not_lost, Policy, every_policy)
{
    auto daemon = in_foreground<Policy>([](any_daemon& d) {
        for (bool more = true; more;) {
            say("busy");
            child_process::await();
            more = d.wait_for(0s);
            say(std::string("looked ") + yes_or_no(more));
        }
        return 0;
    });
    BOOST_REQUIRE(daemon.says("busy"));
    daemon.signal(SIGHUP);
    daemon.go();
    BOOST_TEST(daemon.says("reload"));
    BOOST_TEST(daemon.says("looked yes"));
    BOOST_TEST(daemon.says("busy"));
    daemon.signal(SIGUSR1);
    daemon.signal(SIGHUP); // a timeout of zero handles all pending events
    daemon.go();
    BOOST_TEST(daemon.says("looked yes"));
    BOOST_TEST(daemon.says("busy"));
    daemon.signal(SIGTERM);
    daemon.go();
    BOOST_TEST(daemon.says("looked no"));
    BOOST_TEST(daemon.status() == 0);
    BOOST_TEST(contains(daemon.everything(), "signal " + std::to_string(SIGUSR1)));
    BOOST_TEST(daemon.heard().find("reload", daemon.heard().find("reload") + 1) != std::string::npos);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_burst_of_reloads_does_not_delay_a_stop, Policy, every_policy)
{
    for (const int stop : {SIGTERM, SIGINT}) {
        auto daemon = in_foreground<Policy>([](any_daemon& d) {
            say("busy");
            child_process::await();
            return d.wait_for(1h) ? 1 : 0;
        });
        BOOST_REQUIRE(daemon.says("busy"));
        for (int i = 0; i < 500; ++i) daemon.signal(SIGHUP);
        daemon.signal(stop);
        daemon.go();
        BOOST_TEST(daemon.status() == 0);
        const auto& said = daemon.everything();
        BOOST_TEST(!contains(said, "reload"), said);
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(signals_during_a_hook_are_handled_after_it, Policy, every_policy)
{
    child_process daemon([] {
        return Policy::live([](any_daemon& d) {
            d.reloading = [] {
                say("in the hook");
                child_process::await();
                say("out of the hook");
            };
            d.body = until_stopped;
            return d.live(false);
        });
    });
    BOOST_REQUIRE(daemon.says("waiting"));
    daemon.signal(SIGHUP);
    BOOST_REQUIRE(daemon.says("in the hook"));
    daemon.signal(SIGHUP);
    daemon.go();
    BOOST_TEST(daemon.says("out of the hook"));
    BOOST_TEST(daemon.says("in the hook"));
    daemon.signal(SIGUSR1);
    daemon.go();
    BOOST_TEST(daemon.says("out of the hook"));
    BOOST_TEST(daemon.says("signal " + std::to_string(SIGUSR1)));
    daemon.signal(SIGHUP);
    BOOST_REQUIRE(daemon.says("in the hook"));
    daemon.signal(SIGTERM);
    daemon.go();
    BOOST_TEST(daemon.says("out of the hook"));
    BOOST_TEST(daemon.status() == 5);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_loop_that_never_waits_sees_the_stop, Policy, with_handler)
{
    auto daemon = in_foreground<Policy>([](any_daemon& d) {
        if (d.stop_asked()) return 1;
        say("spinning");
        while (!d.stop_asked()) {}
        return d.wait_for(1h) ? 2 : 0; // and the wait knows it too
    });
    BOOST_REQUIRE(daemon.says("spinning"));
    daemon.signal(SIGHUP);
    daemon.signal(SIGINT);
    BOOST_TEST(daemon.status() == 0);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_descriptor_is_readable_while_an_event_waits, Policy, with_descriptor)
{
    auto daemon = in_foreground<Policy>([](any_daemon& d) {
        if (readable(d.fd(), 0)) return 1;
        for (int i = 0; i < 2; ++i) {
            say("quiet");
            if (!readable(d.fd(), long_enough)) return 2;
            if (!readable(d.fd(), 0)) return 3; // reading it takes nothing away
            if (!d.wait_for(0s)) return 4;
            if (readable(d.fd(), 0)) return 5;
        }
        say("quiet");
        if (!readable(d.fd(), long_enough)) return 6;
        return d.wait_for(0s) ? 7 : 0;
    });
    for (const int signal : {SIGHUP, SIGUSR1, SIGTERM}) {
        BOOST_REQUIRE(daemon.says("quiet"));
        daemon.signal(signal);
    }
    BOOST_TEST(daemon.status() == 0);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_thread_does_not_take_the_signal, Policy, with_descriptor)
{
    auto daemon = in_foreground<Policy>([](any_daemon& d) {
        std::thread worker([] { child_process::await(); });
        // From here on only the thread could run a handler.
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
        say("waiting");
        const bool go_on = d.wait() && d.wait_for(1h);
        say("thread may end");
        worker.join();
        return go_on ? 1 : 0;
    });
    BOOST_REQUIRE(daemon.says("waiting"));
    daemon.signal(SIGHUP);
    BOOST_TEST(daemon.says("reload"));
    daemon.signal(SIGTERM);
    BOOST_REQUIRE(daemon.says("thread may end"));
    daemon.go();
    BOOST_TEST(daemon.status() == 0);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(unrelated_handlers_do_not_end_a_wait, Policy, every_policy)
{
    static std::atomic<int> alarms{0};
    auto daemon = in_foreground<Policy>([](any_daemon& d) {
        struct sigaction action = {};
        action.sa_handler = [](int) { ++alarms; };
        ::sigaction(SIGALRM, &action, nullptr);
        const itimerval often{{0, 2000}, {0, 2000}};
        ::setitimer(ITIMER_REAL, &often, nullptr);
        const auto began = std::chrono::steady_clock::now();
        if (!d.wait_for(100ms)) return 1;
        if (std::chrono::steady_clock::now() - began < 100ms) return 2;
        if (alarms == 0) return 3;
        say("waiting");
        const bool go_on = d.wait();
        const itimerval never{};
        ::setitimer(ITIMER_REAL, &never, nullptr);
        return go_on ? 4 : 0;
    });
    BOOST_REQUIRE(daemon.says("waiting"));
    daemon.signal(SIGTERM);
    BOOST_TEST(daemon.status() == 0);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(signals_that_the_caller_blocked_or_ignored_are_received, Policy, every_policy)
{
    for (const bool detached : {false, true}) {
        child_process starter([=] {
            ignore_and_block_everything();
            return Policy::live([=](any_daemon& d) {
                d.body = [](any_daemon& self) {
                    say("pid " + std::to_string(::getpid()));
                    return until_stopped(self);
                };
                return d.live(detached);
            });
        });
        BOOST_REQUIRE(starter.says("pid "));
        const pid_t daemon = std::stoi(starter.rest_of_line());
        BOOST_TEST((daemon != starter.pid()) == detached);
        if (detached) BOOST_TEST(starter.status() == 0);
        BOOST_REQUIRE(starter.says("waiting"));
        ::kill(daemon, SIGHUP);
        BOOST_TEST(starter.says("reload"));
        ::kill(daemon, SIGUSR1);
        BOOST_TEST(starter.says("signal " + std::to_string(SIGUSR1)));
        if (detached) { // daemon(7), steps 2 and 3: nothing of the caller's is left
            BOOST_TEST(proc_signals(daemon, "SigIgn").empty());
            BOOST_TEST(proc_signals(daemon, "SigBlk").count(SIGALRM) == 0U);
        }
        ::kill(daemon, SIGTERM);
        BOOST_TEST(child_process::status_of(daemon) == 5);
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(mask_and_dispositions_come_back, Policy, every_policy)
{
    child_process daemon([] {
        ::signal(SIGTERM, [](int) { ::_exit(98); });
        ::signal(SIGHUP, SIG_IGN);
        sigset_t mask;
        ::sigemptyset(&mask);
        ::sigaddset(&mask, SIGUSR2);
        ::sigaddset(&mask, SIGINT);
        ::sigprocmask(SIG_SETMASK, &mask, nullptr);
        const auto before = own_signals();
        return Policy::live([&](any_daemon& d) {
            d.body = [](any_daemon& self) {
                ::raise(SIGTERM);
                const bool go_on = self.wait();
                ::raise(SIGTERM); // repeated stops; none may reach the caller's handler
                return go_on ? 1 : 0;
            };
            for (int again = 0; again < 3; ++again) {
                const int status = d.live(false);
                if (status != 0) return status;
                if (own_signals() != before) return 2;
                if (!proc_signals(::getpid(), "SigPnd").empty() || !proc_signals(::getpid(), "ShdPnd").empty())
                    return 3;
            }
            return 0;
        });
    });
    BOOST_TEST(daemon.status() == 0);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_second_daemon_of_the_process_is_refused_and_the_first_lives, Policy, with_handler)
{
    auto daemon = in_foreground<Policy>([](any_daemon& d) {
        const auto before = own_signals();
        Policy::live([](any_daemon& second) {
            second.body = [](any_daemon&) {
                say("two daemons");
                return 0;
            };
            const auto result = second.live(false);
            say(std::to_string(result.status) + " " + result.message);
            return 0;
        });
        say(std::string("as before: ") + yes_or_no(own_signals() == before));
        return until_stopped(d);
    });
    BOOST_TEST(daemon.says("1 cannot catch signals: another daemon in this process already catches signals"));
    BOOST_TEST(daemon.says("as before: yes"));
    BOOST_REQUIRE(daemon.says("waiting"));
    daemon.signal(SIGHUP);
    BOOST_TEST(daemon.says("reload"));
    daemon.signal(SIGTERM);
    BOOST_TEST(daemon.status() == 5);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(children_have_the_mask_and_dispositions_of_the_caller, Policy, every_policy)
{
    child_process daemon([] {
        ::signal(SIGPIPE, SIG_IGN);
        ::signal(SIGHUP, SIG_IGN);
        sigset_t mask;
        ::sigemptyset(&mask);
        ::sigaddset(&mask, SIGUSR2);
        ::sigaddset(&mask, SIGTERM);
        ::sigprocmask(SIG_SETMASK, &mask, nullptr);
        const std::string forked = signals_of_child(false);
        const std::string executed = signals_of_child(true);
        return Policy::live([&](any_daemon& d) {
            d.body = [&](any_daemon& self) {
                if (own_signals() == forked) return 1; // the daemon itself does have others
                for (int i = 0; i < 2; ++i) {
                    if (signals_of_child(false) != forked) return 2;
                    if (signals_of_child(true) != executed) return 3;
                }
                const sigset_t for_children = self.mask_for_children();
                for (int signal = 1; signal < 32; ++signal)
                    if (::sigismember(&for_children, signal) != ::sigismember(&mask, signal)) return 4;
                return 0;
            };
            return d.live(false);
        });
    });
    BOOST_TEST(daemon.status() == 0);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(children_of_a_detached_daemon_have_default_signals, Policy, every_policy)
{
    child_process starter([] {
        ignore_and_block_everything();
        return Policy::live([](any_daemon& d) {
            d.body = [](any_daemon& self) {
                say("forked " + signals_of_child(false));
                ::dup2(child_process::voice, 1);
                posix_spawnattr_t attributes;
                ::posix_spawnattr_init(&attributes);
                ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
                const sigset_t mask = self.mask_for_children();
                ::posix_spawnattr_setsigmask(&attributes, &mask);
                char name[] = "grep";
                char pattern[] = "^SigBlk";
                char file[] = "/proc/self/status";
                char* arguments[] = {name, pattern, file, nullptr};
                pid_t child = 0;
                if (::posix_spawnp(&child, "grep", nullptr, &attributes, arguments, environ) != 0) return 1;
                ::waitpid(child, nullptr, 0);
                return 0;
            };
            return d.live(true);
        });
    });
    BOOST_TEST(starter.says("forked 0000000000000000 0000000000000000 0000000000000000"));
    BOOST_TEST(starter.says("SigBlk:\t0000000000000000"));
}

// The handler of the program runs in the child before those of the library: there the child has the signal handlers of
// the daemon.
BOOST_AUTO_TEST_CASE_TEMPLATE(a_stop_of_a_child_inside_fork_does_not_stop_the_daemon, Policy, every_policy)
{
    child_process daemon([] {
        ::pthread_atfork(nullptr, nullptr, [] { ::raise(SIGTERM); });
        return Policy::live([](any_daemon& d) {
            d.body = [](any_daemon& self) {
                const pid_t child = ::fork();
                if (child == 0)
                    for (;;) ::pause();
                if (child_process::status_of(child) != 128 + SIGTERM) return 1;
                if (self.stop_asked()) return 2;
                return self.wait_for(0s) ? 0 : 3;
            };
            return d.live(false);
        });
    });
    BOOST_TEST(daemon.status() == 0);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_second_life_hears_nothing_of_the_first, Policy, every_policy)
{
    child_process daemon([] {
        return Policy::live([](any_daemon& d) {
            d.body = [](any_daemon& self) {
                if (self.stop_asked()) return 1;
                if (!self.wait_for(0s)) return 2;
                ::raise(SIGTERM);
                if (self.wait()) return 3;
                for (const int late : {SIGTERM, SIGHUP, SIGUSR1}) ::raise(late);
                return 0;
            };
            const int first = d.live(false);
            return first != 0 ? first : d.live(false).status;
        });
    });
    BOOST_TEST(daemon.status() == 0);
    BOOST_TEST(daemon.everything() == "on_stop\non_stop\n");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_stop_before_ready_ends_it_through_run, Policy, every_policy)
{
    child_process launcher([] {
        return Policy::live([](any_daemon& d) {
            d.starting = [] {
                say("starting " + std::to_string(::getpid()));
                child_process::await();
            };
            d.body = [](any_daemon& self) {
                say("run");
                const bool go_on = self.wait_for(1h);
                child_process::await(); // until the intermediate process, which would collect it, has ended
                return go_on ? 1 : 9;
            };
            return d.live(true);
        });
    });
    BOOST_REQUIRE(launcher.says("starting "));
    const pid_t daemon = std::stoi(launcher.rest_of_line());
    ::kill(daemon, SIGTERM);
    ::kill(daemon, SIGTERM);
    launcher.go();
    BOOST_TEST(launcher.says("run"));
    BOOST_TEST(launcher.status() == 0);
    launcher.go();
    BOOST_TEST(launcher.says("on_stop"));
    BOOST_TEST(child_process::status_of(daemon) == 9);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(self_pipe_signals, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(a_full_pipe_blocks_nothing_and_errno_is_kept)
{
    auto daemon = in_foreground<with_self_pipe>([](any_daemon& d) {
        errno = EDOM;
        for (int i = 0; i < 70'000; ++i) ::raise(SIGHUP); // a pipe holds 65536 bytes
        if (errno != EDOM) return 1;
        return d.wait() && d.wait_for(0s) && !readable(d.fd(), 0) ? 0 : 2;
    });
    BOOST_TEST(daemon.status() == 0);
}

BOOST_AUTO_TEST_CASE(blocking_calls_are_restarted)
{
    auto daemon = in_foreground<with_self_pipe>([](any_daemon& d) {
        say("reading");
        char byte = 0;
        const auto n = ::read(child_process::gate, &byte, 1);
        return n == 1 && d.stop_asked() ? 0 : 1;
    });
    BOOST_REQUIRE(daemon.says("reading"));
    BOOST_TEST(eventually([&] { return proc_status(daemon.pid(), "State").front() == 'S'; }));
    daemon.signal(SIGTERM);
    daemon.go();
    BOOST_TEST(daemon.status() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(flag_signals, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(a_blocking_call_is_interrupted)
{
    auto daemon = in_foreground<with_flags>([](any_daemon& d) {
        say("reading");
        char byte = 0;
        const auto n = ::read(child_process::gate, &byte, 1);
        return n == -1 && errno == EINTR && d.stop_asked() ? 0 : 1;
    });
    BOOST_REQUIRE(daemon.says("reading"));
    BOOST_TEST(eventually([&] { return proc_status(daemon.pid(), "State").front() == 'S'; }));
    daemon.signal(SIGTERM);
    BOOST_TEST(daemon.status() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

namespace {

/// No part of this daemon handles HUP: no on_reload(), no log file.
template <class Signals>
struct deaf_to_reload : basic_daemon<deaf_to_reload<Signals>, double_fork, no_pid_file, Signals, null_stdio>
{
    int run()
    {
        say("waiting");
        while (this->wait_for(1h)) {}
        return 0;
    }
};

template <class Signals>
int live_deaf()
{
    return deaf_to_reload<Signals>{}.start({.process = {.keep_descriptors = child_process::descriptors()}});
}

struct leaves_signals_alone
    : basic_daemon<leaves_signals_alone, double_fork, no_pid_file, daemonkit::inherit_signals, null_stdio>
{
    std::function<int(leaves_signals_alone&)> body;
    int run() { return body(*this); }
};

} // namespace

BOOST_AUTO_TEST_SUITE(hup_without_a_handler, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(keeps_its_disposition)
{
    for (const auto live :
         {live_deaf<daemonkit::flag_signals>, live_deaf<basic_self_pipe_signals<>>, live_deaf<signalfd_signals>}) {
        child_process launcher(live);
        BOOST_REQUIRE(launcher.says("waiting"));
        BOOST_TEST(launcher.status() == 0);
        const auto children = children_of(::getpid());
        BOOST_REQUIRE(children.size() == 1U);
        const pid_t daemon = children.front();
        for (const char* field : {"SigBlk", "SigIgn", "SigCgt"})
            BOOST_TEST(proc_signals(daemon, field).count(SIGHUP) == 0U, field);
        const auto listens =
            proc_signals(daemon, "SigCgt").count(SIGTERM) + proc_signals(daemon, "SigBlk").count(SIGTERM);
        BOOST_TEST(listens == 1U);
        ::kill(daemon, SIGHUP);
        BOOST_TEST(child_process::status_of(daemon) == 128 + SIGHUP);
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(inherit_signals, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(mask_and_dispositions_are_untouched_and_term_kills)
{
    child_process daemon([] {
        ::signal(SIGHUP, SIG_IGN);
        ::signal(SIGUSR1, [](int) {});
        sigset_t mask;
        ::sigemptyset(&mask);
        ::sigaddset(&mask, SIGUSR2);
        ::sigprocmask(SIG_SETMASK, &mask, nullptr);
        const auto before = own_signals();
        leaves_signals_alone d;
        d.body = [&](leaves_signals_alone& self) {
            if (own_signals() != before) return 1;
            if (!self.wait_for(1ms) || !self.wait_for(-1s)) return 2;
            say("waiting");
            self.wait_for(1h);
            return 3;
        };
        return d.run_in_foreground({});
    });
    BOOST_REQUIRE(daemon.says("waiting"));
    daemon.signal(SIGHUP);
    daemon.signal(SIGUSR1);
    daemon.signal(SIGTERM);
    BOOST_TEST(daemon.status() == 128 + SIGTERM);
}

BOOST_AUTO_TEST_CASE(a_handler_of_the_program_does_not_cut_a_sleep_short)
{
    static std::atomic<int> alarms{0};
    child_process daemon([] {
        leaves_signals_alone d;
        d.body = [](leaves_signals_alone& self) {
            ::signal(SIGALRM, [](int) { ++alarms; });
            const itimerval often{{0, 2000}, {0, 2000}};
            ::setitimer(ITIMER_REAL, &often, nullptr);
            const auto began = std::chrono::steady_clock::now();
            const bool elapsed = self.wait_for(50ms);
            return elapsed && alarms > 0 && std::chrono::steady_clock::now() - began >= 50ms ? 0 : 1;
        };
        return d.run_in_foreground({});
    });
    BOOST_TEST(daemon.status() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
