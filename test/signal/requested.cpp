// SPDX-License-Identifier: BSL-1.0
// Whether a process waits for the result of a reload: its SIGHUP comes by sigqueue(3). Only then the daemon looks for
// requests before on_reload(); for a SIGHUP of kill(2) it makes no call for that.
#include "support/child_process.hpp"

#include <daemonkit/signal.hpp>

#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <csignal>
#include <tuple>

using namespace std::chrono_literals;
using namespace daemonkit;

namespace {

using policies_that_hear = std::tuple<flag_signals, self_pipe_signals, signalfd_signals>;

void send_with_request()
{
    const sigval none{};
    ::sigqueue(::getpid(), SIGHUP, none);
}
void send_alone() { ::kill(::getpid(), SIGHUP); }

/// 0: a wait returned SIGHUP as it should be after `send`.
template <class Policy>
int wait_after(void (*send)(), bool unasked)
{
    child_process daemon([=] {
        const int heard[] = {SIGTERM, SIGHUP};
        const sigset_t none = sys::no_signals();
        auto guard = Policy{}.install(heard, none);
        send();
        const signal_event e = guard.wait(10s, -1);
        return e.is_reload() && e.unasked == unasked && !e.timed_out ? 0 : 1;
    });
    return daemon.status();
}

} // namespace

BOOST_AUTO_TEST_SUITE(requested_reloads, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE_TEMPLATE(a_signal_of_a_caller_is_told_from_others, Policy, policies_that_hear)
{
    BOOST_TEST(wait_after<Policy>(send_alone, true) == 0);
    BOOST_TEST(wait_after<Policy>(send_with_request, false) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
