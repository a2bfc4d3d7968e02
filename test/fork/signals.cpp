// SPDX-License-Identifier: BSL-1.0
// A signal that arrives while start() forks: the new process has neither its handlers nor its mask yet.
#include <daemonkit/basic_daemon.hpp>
#include <daemonkit/fork.hpp>
#include <daemonkit/pid/no_pid_file.hpp>
#include <daemonkit/signal.hpp>
#include <daemonkit/stdio/null_stdio.hpp>

#include "support/child_process.hpp"

#include <boost/test/unit_test.hpp>

#include <pthread.h>

#include <csignal>
#include <string>
#include <tuple>

namespace {

template <class Fork, class Signals>
struct forked
    : daemonkit::basic_daemon<forked<Fork, Signals>, Fork, daemonkit::no_pid_file, Signals, daemonkit::null_stdio>
{
    int run()
    {
        child_process::say("run");
        while (this->wait()) {}
        return 0;
    }
    void on_reload() { child_process::say("reload"); }
    void on_stop() { child_process::say("on_stop"); }
};

} // namespace

// Their names are part of the test cases' names.
struct by_single_fork
{
    using policy = daemonkit::single_fork;
};
struct by_double_fork
{
    using policy = daemonkit::double_fork;
};

namespace {

using each_fork = std::tuple<by_single_fork, by_double_fork>;

/// `arrives` runs in each process that fork() makes, before it returns. The launcher prints the status of start(), the
/// daemon `event`.
template <class Daemon>
void expect_heard(void (*arrives)(), const std::string& event)
{
    child_process launcher([arrives] {
        ::pthread_atfork(nullptr, nullptr, arrives);
        const auto result = Daemon{}.start({.process = {.keep_descriptors = child_process::descriptors()}});
        if (result.in_launcher) child_process::say("start " + std::to_string(result.status) + result.message);
        return result.status;
    });
    BOOST_TEST(launcher.said("start 0\n"), launcher.heard());
    BOOST_TEST(launcher.said("run\n"), launcher.heard());
    BOOST_TEST(launcher.said(event + "\n"), launcher.heard());
    BOOST_TEST(launcher.status() == 0);
}

template <class Fork>
void expect_heard_with_each_policy(void (*arrives)(), const std::string& event)
{
    expect_heard<forked<Fork, daemonkit::flag_signals>>(arrives, event);
    expect_heard<forked<Fork, daemonkit::self_pipe_signals>>(arrives, event);
    expect_heard<forked<Fork, daemonkit::signalfd_signals>>(arrives, event);
}

} // namespace

BOOST_AUTO_TEST_SUITE(signals_while_forking, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE_TEMPLATE(a_stop_ends_the_daemon_in_order, Way, each_fork)
{
    expect_heard_with_each_policy<typename Way::policy>([] { ::raise(SIGTERM); }, "on_stop");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_reload_is_handled_when_the_daemon_runs, Way, each_fork)
{
    expect_heard_with_each_policy<typename Way::policy>([] { ::raise(SIGHUP); }, "reload");
}

BOOST_AUTO_TEST_SUITE_END()
