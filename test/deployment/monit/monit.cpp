// SPDX-License-Identifier: BSL-1.0
// clientd watched by monit, with the control files that README.md shows.
#include "deployment/clientd.hpp"
#include "support/text.hpp"

namespace {

struct monit_host : deployment::clientd_host
{
    monit_host() : clientd_host("monit")
    {
        if (!missing().empty()) return;
        good("mkdir --parents /etc/monit/conf.d /var/lib/monit");
        install("monitrc", "etc/monit");
        install_printed("monit", "/etc/monit/conf.d/clientd");
        good("chmod 600 /etc/monit/monitrc");
        good("monit -c /etc/monit/monitrc -t");
        good("monit -c /etc/monit/monitrc");
    }
    [[nodiscard]] outcome monit(const std::string& words) const
    {
        return (*this)("monit -c /etc/monit/monitrc " + words);
    }
    /// monit checks every 30 s, or at once when it is called without arguments.
    [[nodiscard]] bool sees(const std::string& state) const
    {
        return eventually([&] { return monit("").status == 0 && contains(monit("status clientd").out, state + "\n"); });
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(clientd, *boost::unit_test::label("supervisors") * boost::unit_test::label("root"))

BOOST_AUTO_TEST_CASE(it_is_started_watched_and_stopped)
{
    const monit_host host;
    if (!host.missing().empty()) DAEMONKIT_SKIP(host.missing());
    host.refuses_a_second(host.works()); // it did not run at monit's first check
    BOOST_TEST(host.sees(" OK"));

    const pid_t crashed = host.crash();
    BOOST_TEST(host.verb("status").status == 1);
    BOOST_TEST(host.monit("").status == 0);
    host.works(crashed);

    host.rotates([&] { BOOST_TEST(host.verb("reload").status == 0); });

    const pid_t before = host.works();
    BOOST_TEST(host.monit("restart clientd").status == 0);
    host.works(before);

    host.works();
    BOOST_TEST(host.monit("stop clientd").status == 0);
    host.gone();
    BOOST_TEST(host.sees("Not monitored"));
    BOOST_TEST(host.monit("start clientd").status == 0);
    host.works();
}

BOOST_AUTO_TEST_SUITE_END()
