// SPDX-License-Identifier: BSL-1.0
// /proc/PID/cgroup as it is with both versions of control groups.
#include <daemonkit/sys/unit.hpp>

#include <boost/test/unit_test.hpp>

using daemonkit::sys::unit_in;

BOOST_AUTO_TEST_SUITE(unit, *boost::unit_test::label("unit"))

BOOST_AUTO_TEST_CASE(is_the_innermost_service)
{
    BOOST_TEST(unit_in("0::/system.slice/clientd.service\n") == "clientd.service");
    BOOST_TEST(unit_in("0::/clientd.service") == "clientd.service");
    BOOST_TEST(unit_in("0::/system.slice/clientd.service/workers\n") == "clientd.service");
    BOOST_TEST(unit_in("0::/system.slice/system-clientd.slice/clientd@one.service\n") == "clientd@one.service");
    BOOST_TEST(unit_in("0::/user.slice/user-1.slice/user@1.service/app.slice/clientd.service\n") == "clientd.service");
    BOOST_TEST(unit_in("8:pids:/system.slice/clientd.service\n1:name=systemd:/system.slice/clientd.service\n0::/\n") ==
               "clientd.service");
}

BOOST_AUTO_TEST_CASE(is_none_for_processes_of_a_login)
{
    BOOST_TEST(unit_in("0::/user.slice/user-1.slice/user@1.service/app.slice/terminal.scope\n") == "");
    BOOST_TEST(unit_in("0::/user.slice/user-1.slice/session-3.scope\n") == "");
}

BOOST_AUTO_TEST_CASE(is_none_without_systemd)
{
    for (const char* const text : {"", "\n", "0::/\n", "0::/docker/0f\n", "0::/a.serviceable\n", "0::/service\n"})
        BOOST_TEST(unit_in(text) == "", text);
}

BOOST_AUTO_TEST_SUITE_END()
