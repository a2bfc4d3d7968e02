// SPDX-License-Identifier: BSL-1.0
// ExecReload=… reload: systemctl reload returns when the daemon has reloaded, and fails if it refused. In no case does
// the unit stay in "reloading".
#include "service.hpp"
#include "support/text.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(reload, *boost::unit_test::label("systemd") * boost::unit_test::label("root"))

BOOST_AUTO_TEST_CASE(it_returns_when_the_daemon_has_reloaded)
{
    DAEMONKIT_BOOT(host);
    const serviced daemon(host);
    BOOST_REQUIRE(daemon("start") == 0);
    daemon.set("reload");
    daemon.ask("reload");
    BOOST_TEST(daemon.becomes("ActiveState", "reloading"));
    daemon.reset("reload");
    BOOST_TEST(daemon.becomes("ActiveState", "active"));
    BOOST_TEST(daemon.becomes("StatusText", "generation 2"));
    BOOST_TEST(daemon("reload") == 0);
    BOOST_TEST(daemon["StatusText"] == "generation 3");
    BOOST_TEST(daemon["ReloadResult"] == "success");
}

BOOST_AUTO_TEST_CASE(one_that_is_refused_fails_says_why_and_leaves_the_daemon_as_it_was)
{
    DAEMONKIT_BOOT(host);
    const serviced daemon(host);
    BOOST_REQUIRE(daemon("start") == 0);
    const auto pid = daemon["MainPID"];
    daemon.set("refuse", "line 7 has no colon");
    for (int i = 0; i < 3; ++i) {
        BOOST_TEST(daemon("reload") == 1);
        BOOST_TEST(daemon["ReloadResult"] == "exit-code");
        BOOST_TEST(daemon["ActiveState"] == "active");
        BOOST_TEST(contains(daemon["StatusText"], "line 7 has no colon"), daemon["StatusText"]);
    }
    daemon.reset("refuse");
    BOOST_TEST(daemon("reload") == 0);
    BOOST_TEST(daemon["StatusText"] == "generation 2", "the generations that were refused count");
    BOOST_TEST(daemon["MainPID"] == pid);
}

BOOST_AUTO_TEST_CASE(a_hangup_by_hand_is_a_reload_that_systemd_sees_too)
{
    DAEMONKIT_BOOT(host);
    const serviced daemon(host);
    BOOST_REQUIRE(daemon("start") == 0);
    daemon.set("refuse", "line 7 has no colon");
    daemon.set("reload");
    daemon.kill("HUP");
    BOOST_TEST(daemon.becomes("ActiveState", "reloading"));
    daemon.reset("reload");
    BOOST_TEST(daemon.becomes("ActiveState", "active"));
    BOOST_TEST(daemon.says("line 7 has no colon"));
    daemon.reset("refuse");
    daemon.kill("HUP");
    BOOST_TEST(daemon.becomes("StatusText", "generation 2"));
    BOOST_TEST(daemon.becomes("ActiveState", "active"));
}

BOOST_AUTO_TEST_SUITE_END()
