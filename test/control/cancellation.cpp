// SPDX-License-Identifier: BSL-1.0
// The verbs are no cancellation points: a request of pthread_cancel(3) stays pending while they run.
#include "support/process.hpp"
#include "support/temporary_directory.hpp"

#include <daemonkit/basic_daemon.hpp>
#include <daemonkit/fork/double_fork.hpp>
#include <daemonkit/pid/flock_pid_file.hpp>
#include <daemonkit/signal/signalfd_signals.hpp>
#include <daemonkit/stdio/null_stdio.hpp>

#include <boost/test/unit_test.hpp>

#include <pthread.h>

using namespace daemonkit;

namespace {

struct cancelled_one : basic_daemon<cancelled_one>
{
    int run()
    {
        while (wait()) {}
        return 0;
    }
    void on_reload() {}
};

} // namespace

BOOST_AUTO_TEST_SUITE(cancellation, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(of_the_caller_waits_until_the_verb_returns)
{
    const temporary_directory directory;
    const cancelled_one::settings settings{.pid = {.path = directory / "pid"}};
    const daemon_in ended((directory / "pid").string());
    const auto caller = in_child([&] {
        cancelled_one daemon;
        const auto started = daemon.start(settings);
        if (!started.in_launcher) return started.status;
        ::pthread_cancel(::pthread_self());
        const auto again = daemon.start(settings).outcome;
        // No check before the end: it would be a cancellation point.
        const bool ran = cancelled_one::status(settings).state == status_report::condition::running;
        const int reloaded = cancelled_one::reload(settings).status;
        const int stopped = cancelled_one::stop(settings).status;
        ::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, nullptr);
        return holds(ran && again == start_outcome::already_running, "it ran") &&
                       holds(started.status + reloaded + stopped == 0, "each verb succeeded")
                   ? 42
                   : 1;
    });
    BOOST_TEST(caller.status == 42, caller.err);
    BOOST_TEST(!boost::filesystem::exists(directory / "pid"));
}

BOOST_AUTO_TEST_SUITE_END()
