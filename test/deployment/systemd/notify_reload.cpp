// SPDX-License-Identifier: BSL-1.0
// Type=notify-reload, which only systemd 253 and later have.
#include "service.hpp"
#include "support/text.hpp"

#include <boost/test/unit_test.hpp>

namespace fs = boost::filesystem;

BOOST_AUTO_TEST_SUITE(notify_reload, *boost::unit_test::label("systemd") * boost::unit_test::label("root"))

BOOST_AUTO_TEST_CASE(a_systemd_that_does_not_know_the_type_takes_it_for_simple_in_silence)
{
    DAEMONKIT_BOOT(host);
    if (host.version() >= 253) DAEMONKIT_SKIP("this systemd knows Type=notify-reload");
    host.install(DAEMONKIT_EXAMPLE_DIR "/clientd");
    host.install_units({"clientd-reload.service"});
    const service clientd(host, "clientd-reload.service");
    BOOST_TEST(clientd("start") == 0);
    BOOST_TEST(clientd["Type"] == "simple");
    BOOST_TEST(clientd["CanReload"] == "no");
}

BOOST_AUTO_TEST_CASE(a_systemd_that_knows_the_type_reloads_by_a_signal_and_waits)
{
    DAEMONKIT_BOOT(host);
    if (host.version() < 253) DAEMONKIT_SKIP("this systemd does not know Type=notify-reload, 253 does");
    host.install(DAEMONKIT_EXAMPLE_DIR "/clientd");
    host.install_units({"clientd-reload.service"});
    const service clientd(host, "clientd-reload.service");
    BOOST_TEST(host({"systemd-analyze", "verify", clientd.unit}).err == "");
    BOOST_REQUIRE(clientd("start") == 0);
    const auto pid = clientd["MainPID"];
    const auto log = host.path("/var/lib/clientd/clientd.log");
    const auto rotated = host.path("/var/lib/clientd/clientd.log.1");
    fs::rename(log, rotated);
    BOOST_TEST(clientd("reload") == 0);
    BOOST_TEST(fs::exists(log), "reload returned before the new file was open");
    BOOST_TEST(clientd["ActiveState"] == "active");

    fs::remove(log);
    fs::create_directory(log);
    BOOST_TEST(clientd("reload") == 0, "systemd learns of the end of a reload, not of its result");
    BOOST_TEST(clientd["ActiveState"] == "active");
    BOOST_TEST(contains(clientd["StatusText"], "clientd.log: Is a directory"), clientd["StatusText"]);
    BOOST_TEST(clientd["MainPID"] == pid);
}

BOOST_AUTO_TEST_SUITE_END()
