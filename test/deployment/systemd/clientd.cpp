// SPDX-License-Identifier: BSL-1.0
// clientd.service as documented, used as an administrator does.
#include "service.hpp"
#include "support/text.hpp"

#include <boost/test/unit_test.hpp>

namespace fs = boost::filesystem;

namespace {

const std::string directory = "/var/lib/clientd/";

service install(const machine& host)
{
    host.install_printed();
    return {host, "clientd.service"};
}

} // namespace

BOOST_AUTO_TEST_SUITE(clientd, *boost::unit_test::label("systemd") * boost::unit_test::label("root"))

BOOST_AUTO_TEST_CASE(from_start_to_stop)
{
    DAEMONKIT_BOOT(host);
    const auto clientd = install(host);
    BOOST_REQUIRE(clientd("start") == 0);
    BOOST_TEST(clientd["ActiveState"] == "active");
    BOOST_TEST(host.text(directory + "clientd.pid") == clientd["MainPID"] + "\n");
    const std::string sentence = "writing the time to /var/lib/clientd/clientd.log";
    BOOST_TEST(clientd["StatusText"] == sentence);
    BOOST_TEST(clientd.says(sentence), host.journal(clientd.unit));
    BOOST_TEST(clientd("restart") == 0);
    BOOST_TEST(clientd("stop") == 0);
    BOOST_TEST(clientd["Result"] == "success");
    BOOST_TEST(clientd["ExecMainStatus"] == "0");
    BOOST_TEST(!fs::exists(host.path(directory + "clientd.pid")));
}

BOOST_AUTO_TEST_CASE(its_log_is_rotated_by_reload_and_one_that_is_refused_keeps_it)
{
    DAEMONKIT_BOOT(host);
    const auto clientd = install(host);
    BOOST_REQUIRE(clientd("start") == 0);
    fs::rename(host.path(directory + "clientd.log"), host.path(directory + "clientd.log.1"));
    BOOST_TEST(clientd("reload") == 0);
    BOOST_TEST(fs::exists(host.path(directory + "clientd.log")), "reload returned before the new file was open");

    fs::rename(host.path(directory + "clientd.log"), host.path(directory + "clientd.log.2"));
    fs::create_directory(host.path(directory + "clientd.log"));
    BOOST_TEST(clientd("reload") == 1);
    BOOST_TEST(clientd["ActiveState"] == "active");
    BOOST_TEST(contains(clientd["StatusText"], "clientd.log: Is a directory"), clientd["StatusText"]);
    BOOST_TEST(clientd.says("clientd.log: Is a directory"));
    const auto warnings = host({"journalctl", "--quiet", "--priority=warning", "--unit=clientd.service"}).out;
    BOOST_TEST(contains(warnings, "clientd.log: Is a directory"), warnings);
    const auto lines = host.text(directory + "clientd.log.2").size();
    BOOST_TEST(eventually([&] { return host.text(directory + "clientd.log.2").size() > lines; }));
}

BOOST_AUTO_TEST_CASE(a_start_that_fails_has_a_number_and_a_sentence)
{
    DAEMONKIT_BOOT(host);
    const auto clientd = install(host);
    host.write_unit("clientd.service.d/once.conf",
                    "[Service]\nRestart=no\n"); // a new start clears the reason of the last failure
    fs::create_directories(host.path("/var/lib/clientd/clientd.log"));
    BOOST_TEST(clientd("start") == 1);
    BOOST_TEST(clientd["StatusErrno"] == std::to_string(EISDIR));
    BOOST_TEST(contains(clientd["StatusText"], "clientd.log: Is a directory"), clientd["StatusText"]);
}

BOOST_AUTO_TEST_CASE(after_a_crash_it_is_started_again_and_after_its_end_it_is_not)
{
    DAEMONKIT_BOOT(host);
    expect_restart_after_a_crash_only(install(host));
}

/// A start from a shell by a user who does not know of the unit.
BOOST_AUTO_TEST_CASE(a_start_from_a_shell_makes_no_second_daemon)
{
    DAEMONKIT_BOOT(host);
    const auto clientd = install(host);
    BOOST_REQUIRE(clientd("start") == 0);
    const auto pid = clientd["MainPID"];
    const auto in_there = [&](const std::string& verb) {
        const auto said = host.shell("cd " + directory + " && clientd " + verb);
        return std::to_string(said.status) + ": " + said.out + said.err;
    };
    const auto status = in_there("status");
    const auto start = in_there("start");
    BOOST_TEST(status.find("0: clientd: running (pid " + pid + ")") == 0U, status);
    BOOST_TEST(start.find("0: clientd: already running (pid " + pid + "), as the systemd unit clientd.service") == 0U,
               start);
    BOOST_TEST(host({"pidof", "clientd"}).out == pid + "\n");
    BOOST_TEST(clientd["MainPID"] == pid);
}

BOOST_AUTO_TEST_SUITE_END()
