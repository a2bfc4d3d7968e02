// SPDX-License-Identifier: BSL-1.0
// Only wait_for() feeds the watchdog, so only the loop that does the work feeds it.
#include "service.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(watchdog, *boost::unit_test::label("systemd") * boost::unit_test::label("root"))

BOOST_AUTO_TEST_CASE(a_run_that_is_stuck_is_ended_and_started_again)
{
    DAEMONKIT_BOOT(host);
    const serviced daemon(host, "WatchdogSec=1s\nRestart=on-failure\n");
    daemon.set("stuck");
    BOOST_REQUIRE(daemon("start") == 0);
    const auto first = daemon["MainPID"];
    BOOST_TEST(daemon.says("Watchdog timeout"));
    daemon.reset("stuck");
    BOOST_TEST(daemon.says("Failed with result 'watchdog'"));
    BOOST_TEST(comes_true([&] { return daemon["MainPID"] != first && daemon["ActiveState"] == "active"; }));
    BOOST_TEST(daemon["NRestarts"] != "0");
}

BOOST_AUTO_TEST_CASE(an_idle_daemon_outlives_many_intervals_in_one_long_wait)
{
    DAEMONKIT_BOOT(host);
    const serviced daemon(host, "WatchdogSec=3s\nRestart=on-failure\n");
    BOOST_REQUIRE(daemon("start") == 0);
    const auto first = daemon["MainPID"];
    const auto fed = [&] { return std::stoll(daemon["WatchdogTimestampMonotonic"]); }; // microseconds
    const auto then = fed();
    BOOST_TEST(comes_true([&] { return fed() > then + 6'500'000; }));
    BOOST_TEST(daemon["MainPID"] == first);
    BOOST_TEST(daemon["NRestarts"] == "0");
}

BOOST_AUTO_TEST_SUITE_END()
