// SPDX-License-Identifier: BSL-1.0
// The unit files, checked by systemd's own tools.
#include "machine.hpp"
#include "support/text.hpp"

#include <boost/algorithm/string/predicate.hpp>
#include <boost/test/unit_test.hpp>

namespace {

const std::vector<std::string> all{"clientd-forking.service", "clientd-reload.service", "echod.service",
                                   "echod-store.service", "echod.socket"};

} // namespace

BOOST_AUTO_TEST_SUITE(units, *boost::unit_test::label("systemd"))

BOOST_AUTO_TEST_CASE(every_unit_is_verified, *boost::unit_test::label("root"))
{
    DAEMONKIT_BOOT(host);
    host.install_printed();
    const auto printed = host({"systemd-analyze", "verify", "clientd.service"});
    BOOST_TEST(printed.status == 0);
    BOOST_TEST(printed.out + printed.err == "");
    host.install(DAEMONKIT_EXAMPLE_DIR "/echod");
    host.install_units(all);
    for (const auto& unit : all) {
        const auto said = host({"systemd-analyze", "verify", unit});
        BOOST_TEST(said.status == 0, unit);
        if (unit == "clientd-reload.service" && host.version() < 253)
            BOOST_TEST(contains(said.err, "Failed to parse service type, ignoring: notify-reload"));
        else
            BOOST_TEST(said.out + said.err == "");
    }
}

/// "OK" means an exposure of less than 5.0 of 10.
BOOST_AUTO_TEST_CASE(every_service_is_hardened)
{
    if (run({"systemd-analyze", "--version"}).status != 0) DAEMONKIT_SKIP("there is no systemd-analyze");
    for (const auto& unit : all) {
        if (!boost::ends_with(unit, ".service")) continue;
        const auto said = run(
            {"systemd-analyze", "security", "--offline=true", "--threshold=49", DAEMONKIT_DEPLOYMENT_DIR "/" + unit});
        BOOST_TEST(said.status == 0, said.out + said.err);
        const auto result = said.out.find("Overall exposure level");
        BOOST_REQUIRE(result != std::string::npos);
        BOOST_TEST_MESSAGE(said.out.substr(result));
    }
}

BOOST_AUTO_TEST_SUITE_END()
