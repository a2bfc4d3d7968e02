// SPDX-License-Identifier: BSL-1.0
// echod under echod.socket, and echod that stores its own socket in systemd: its clients notice neither a restart nor a
// crash.
#include "service.hpp"
#include "support/text.hpp"

#include <boost/test/unit_test.hpp>

namespace {

/// Clients that connect and have lines echoed, until report().
class load
{
public:
    explicit load(const machine& host) : host_(host)
    {
        pid_ = host.shell("echo_load 7777 4 4 >/run/load 2>&1 & echo $!").out;
        BOOST_REQUIRE(eventually([&] { return contains(host.text("/run/load"), "running\n"); }));
    }

    /// Ends the clients; returns the totals of all connections.
    [[nodiscard]] std::string report() const
    {
        host_.shell("kill " + pid_);
        std::string text;
        eventually([&] { return contains(text = host_.text("/run/load"), "connections="); });
        return text;
    }

private:
    const machine& host_;
    std::string pid_;
};

int number_in(const std::string& report, const std::string& name)
{
    return std::stoi(report.substr(report.find(" " + name + "=") + name.size() + 2));
}

void install(const machine& host, const std::vector<std::string>& units)
{
    host.install(DAEMONKIT_EXAMPLE_DIR "/echod");
    host.install(DAEMONKIT_TEST_DAEMON_DIR "/echo_load");
    host.install_units(units);
    for (const auto& unit : units) host.write_unit(unit + ".d/no-limit.conf", "[Unit]\nStartLimitIntervalSec=0\n");
}

/// Restarts and crashes under load.
void lose_nothing(const service& echod)
{
    // systemd would use up the pids of its namespace.
    if (echod.host.version() >= 254)
        DAEMONKIT_SKIP("systemd 254 and later close each descriptor that leaves the store in a process of its own, "
                       "and echod stores every connection");
    const load clients(echod.host);
    constexpr int kills = 3;
    for (int i = 0; i < kills; ++i) {
        BOOST_TEST(echod("restart") == 0);
        const auto pid = echod["MainPID"];
        echod.kill("KILL");
        BOOST_TEST(comes_true([&] { return echod["MainPID"] != pid && echod["ActiveState"] == "active"; }));
    }
    const auto report = clients.report();
    BOOST_TEST_MESSAGE(report);
    for (const char* const fault : {"refused", "broken", "wrong"}) BOOST_TEST(number_in(report, fault) == 0, report);
    BOOST_TEST(number_in(report, "reset") <= kills, report); // between accept(2) and storing the connection
}

} // namespace

BOOST_AUTO_TEST_SUITE(activation, *boost::unit_test::label("systemd") * boost::unit_test::label("root"))

BOOST_AUTO_TEST_CASE(the_first_connection_starts_it)
{
    DAEMONKIT_BOOT(host);
    install(host, {"echod.socket", "echod.service"});
    const service echod(host, "echod.service");
    BOOST_REQUIRE(host.systemctl({"start", "echod.socket"}).status == 0);
    BOOST_TEST(echod["ActiveState"] == "inactive");
    const auto said = host({"bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/7777 && echo hello >&3 && head -n 1 <&3"});
    BOOST_TEST(said.out == "hello\n", said.err);
    BOOST_TEST(echod["ActiveState"] == "active");
}

BOOST_AUTO_TEST_CASE(under_a_socket_unit_no_connection_is_lost)
{
    DAEMONKIT_BOOT(host);
    install(host, {"echod.socket", "echod.service"});
    BOOST_REQUIRE(host.systemctl({"start", "echod.socket"}).status == 0);
    lose_nothing({host, "echod.service"});
}

BOOST_AUTO_TEST_CASE(with_a_socket_of_its_own_in_the_store_no_connection_is_lost)
{
    DAEMONKIT_BOOT(host);
    install(host, {"echod-store.service"});
    const service echod(host, "echod-store.service");
    BOOST_REQUIRE(echod("start") == 0);
    lose_nothing(echod);
}

BOOST_AUTO_TEST_SUITE_END()
