// SPDX-License-Identifier: BSL-1.0
// Type=notify: the daemon itself tells systemd when it is ready, its status, when it needs more time and how it ends.
#include "service.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>

using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(notify, *boost::unit_test::label("systemd") * boost::unit_test::label("root"))

BOOST_AUTO_TEST_CASE(it_is_active_when_it_is_ready_and_not_earlier)
{
    DAEMONKIT_BOOT(host);
    const serviced daemon(host);
    daemon.set("start");
    daemon.ask("start");
    BOOST_TEST(daemon.becomes("SubState", "start"));
    BOOST_TEST(host.systemctl({"is-active", daemon.unit}).out == "activating\n");
    daemon.reset("start");
    BOOST_TEST(daemon.becomes("ActiveState", "active"));
    BOOST_TEST(daemon.becomes("StatusText", "generation 1"));
    BOOST_TEST(daemon["MainPID"] == daemon.recorded_pid());
}

BOOST_AUTO_TEST_CASE(a_daemon_that_leaves_by_itself_is_deactivating_until_it_is_gone)
{
    DAEMONKIT_BOOT(host);
    const serviced daemon(host);
    BOOST_REQUIRE(daemon("start") == 0);
    daemon.set("stop");
    daemon.kill("TERM");
    BOOST_TEST(daemon.becomes("ActiveState", "deactivating"));
    daemon.reset("stop");
    BOOST_TEST(daemon.becomes("ActiveState", "inactive"));
    BOOST_TEST(daemon["Result"] == "success");
    BOOST_TEST(daemon["ExecMainStatus"] == "0");
}

BOOST_AUTO_TEST_CASE(a_start_that_fails_tells_its_reason)
{
    DAEMONKIT_BOOT(host);
    const serviced daemon(host);
    daemon.set("fail", "the licence has ended");
    BOOST_TEST(daemon("start") == 1);
    BOOST_TEST(daemon["ActiveState"] == "failed");
    BOOST_TEST(daemon["Result"] == "exit-code");
    BOOST_TEST(daemon["ExecMainStatus"] == "1");
    BOOST_TEST(daemon["StatusText"] == "the licence has ended");
    BOOST_TEST(daemon.says("serviced: the licence has ended"));
}

BOOST_AUTO_TEST_CASE(a_slow_start_that_extends_its_time_goes_on)
{
    DAEMONKIT_BOOT(host);
    const serviced daemon(host, "TimeoutStartSec=3s\n");
    daemon.set("extend");
    daemon.set("start");
    const auto late = std::chrono::steady_clock::now() + 5s;
    daemon.ask("start");
    BOOST_TEST(eventually([&] { return std::chrono::steady_clock::now() > late; }));
    BOOST_TEST(daemon["ActiveState"] == "activating");
    daemon.reset("start");
    BOOST_TEST(daemon.becomes("ActiveState", "active"));
    BOOST_TEST(daemon["NRestarts"] == "0");
}

BOOST_AUTO_TEST_CASE(a_slow_start_that_does_not_is_ended)
{
    DAEMONKIT_BOOT(host);
    const serviced daemon(host, "TimeoutStartSec=500ms\nTimeoutStopSec=500ms\n");
    daemon.set("start");
    BOOST_TEST(daemon("start") == 1);
    BOOST_TEST(daemon["Result"] == "timeout");
}

BOOST_AUTO_TEST_CASE(systemd_follows_a_daemon_that_a_shell_has_started)
{
    DAEMONKIT_BOOT(host);
    const serviced daemon(host,
                          "ExecStart=\nExecStart=/bin/sh -c '/usr/local/bin/serviced run; :'\nNotifyAccess=all\n");
    BOOST_REQUIRE(daemon("start") == 0);
    BOOST_TEST(daemon.becomes("MainPID", daemon.recorded_pid()));
}

BOOST_AUTO_TEST_SUITE_END()
