// SPDX-License-Identifier: BSL-1.0
//
// The main() of every test executable, and the state in which every test begins.
#define BOOST_TEST_MODULE daemonkit
#include <boost/test/unit_test.hpp>

#include <daemonkit/sys/credentials.hpp>

#include <cstdlib>

namespace {

/// As after a login. A service manager or container that starts the tests may have set variables and inheritable or
/// ambient capabilities, which change the behaviour of our daemons. A test about them sets them itself.
struct as_from_a_login
{
    as_from_a_login()
    {
        for (const char* const variable : {"NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC", "LISTEN_PID", "LISTEN_FDS",
                                           "LISTEN_FDNAMES", "JOURNAL_STREAM"})
            ::unsetenv(variable);
        daemonkit::sys::capability_sets sets{};
        BOOST_TEST_REQUIRE(daemonkit::sys::read_capabilities(sets) == 0);
        for (auto& half : sets) half.inheritable = 0;
        BOOST_TEST_REQUIRE(daemonkit::sys::set_capabilities(sets) == 0);
    }
};

} // namespace

BOOST_TEST_GLOBAL_FIXTURE(as_from_a_login);
