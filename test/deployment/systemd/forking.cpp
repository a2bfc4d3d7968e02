// SPDX-License-Identifier: BSL-1.0
// Type=forking: systemd runs the verb start and reads the main process from the pid file.
#include "service.hpp"
#include "support/text.hpp"

#include <boost/test/unit_test.hpp>

namespace fs = boost::filesystem;

namespace {

const std::string clientd_directory = "/var/lib/clientd/";

/// Without start limit: a test may start it as often as it likes.
service install_forking(const machine& host)
{
    host.install(DAEMONKIT_EXAMPLE_DIR "/clientd");
    host.install_units({"clientd-forking.service"});
    host.write_unit("clientd-forking.service.d/no-limit.conf", "[Unit]\nStartLimitIntervalSec=0\n");
    return {host, "clientd-forking.service"};
}

} // namespace

BOOST_AUTO_TEST_SUITE(forking, *boost::unit_test::label("systemd") * boost::unit_test::label("root"))

BOOST_AUTO_TEST_CASE(the_pid_file_is_whole_when_start_returns_twenty_times)
{
    DAEMONKIT_BOOT(host);
    const auto clientd = install_forking(host);
    for (int i = 0; i < 10; ++i) {
        BOOST_TEST(clientd("start") == 0);
        const auto first = clientd["MainPID"];
        BOOST_TEST(clientd("restart") == 0);
        BOOST_TEST(clientd["MainPID"] != first);
        BOOST_TEST(host.text(clientd_directory + "clientd.pid") == clientd["MainPID"] + "\n");
        BOOST_TEST(clientd("stop") == 0);
        BOOST_TEST(clientd["Result"] == "success");
        BOOST_TEST(!fs::exists(host.path(clientd_directory + "clientd.pid")));
    }
    const auto journal = host.journal(clientd.unit);
    for (const char* const complaint : {"PID file", "does not exist", "Failed", "illing"})
        BOOST_TEST(!contains(journal, complaint), journal);
}

BOOST_AUTO_TEST_CASE(a_daemon_that_does_not_start_is_a_failed_unit_and_the_journal_says_why)
{
    DAEMONKIT_BOOT(host);
    const auto clientd = install_forking(host);
    fs::create_directories(host.path(clientd_directory + "clientd.log"));
    BOOST_TEST(clientd("start") == 1);
    // Not the property Result: a unit that is started again has none.
    BOOST_TEST(clientd.says("Failed with result 'exit-code'."));
    BOOST_TEST(clientd.says("clientd: cannot open the output file /var/lib/clientd/clientd.log: Is a directory"));
}

BOOST_AUTO_TEST_CASE(after_a_crash_it_is_started_again_and_after_its_end_it_is_not)
{
    DAEMONKIT_BOOT(host);
    expect_restart_after_a_crash_only(install_forking(host));
}

BOOST_AUTO_TEST_CASE(a_reload_that_is_refused_fails)
{
    DAEMONKIT_BOOT(host);
    const auto clientd = install_forking(host);
    BOOST_REQUIRE(clientd("start") == 0);
    BOOST_TEST(clientd("reload") == 0);
    fs::remove(host.path(clientd_directory + "clientd.log"));
    fs::create_directory(host.path(clientd_directory + "clientd.log"));
    BOOST_TEST(clientd("reload") == 1);
    BOOST_TEST(clientd["ActiveState"] == "active");
    BOOST_TEST(clientd["ReloadResult"] == "exit-code");
    BOOST_TEST(clientd.says("clientd.log: Is a directory"));
}

/// A start from a shell by a user who does not know of the unit.
BOOST_AUTO_TEST_CASE(a_start_from_a_shell_is_told_of_the_unit)
{
    DAEMONKIT_BOOT(host);
    const auto clientd = install_forking(host);
    BOOST_REQUIRE(clientd("start") == 0);
    const auto pid = clientd["MainPID"];
    const auto said = host.shell("cd " + clientd_directory + " && clientd start");
    BOOST_TEST(said.status == 0, said.err);
    BOOST_TEST(contains(said.out, "already running (pid " + pid + ")"), said.out);
    BOOST_TEST(contains(said.out, " unit clientd-forking.service: "), said.out);
    BOOST_TEST(host({"pidof", "clientd"}).out == pid + "\n");
}

BOOST_AUTO_TEST_SUITE_END()
