// SPDX-License-Identifier: BSL-1.0
// clientd under runit: runsvdir, runsv and svlogd, with the service directory that clientd prints.
#include "deployment/clientd.hpp"

namespace {

struct runit_host : deployment::clientd_host
{
    runit_host() : clientd_host("runsvdir")
    {
        if (!missing().empty()) return;
        good("useradd --system _runit-log; install --directory --owner=_runit-log /var/log/clientd");
        good("mkdir --parents /etc/sv /service");
        good("cd /var/lib/clientd && clientd print runit | sh -s /etc/sv/clientd");
    }
    /// For tests that need something before the supervisor starts.
    void supervise() const
    {
        good("ln --symbolic /etc/sv/clientd /service/clientd");
        background("runsvdir", "runsvdir -P /service");
        BOOST_TEST(eventually([&] { return (*this)("test -p /etc/sv/clientd/supervise/ok").status == 0; }));
    }
    [[nodiscard]] std::string sv(const std::string& words) const { return good("SVDIR=/service sv " + words); }
    [[nodiscard]] bool logged(const std::string& text) const { return reads("var/log/clientd/current", text); }
};

} // namespace

BOOST_AUTO_TEST_SUITE(clientd, *boost::unit_test::label("supervisors") * boost::unit_test::label("root"))

BOOST_AUTO_TEST_CASE(sv_start_returns_when_it_runs)
{
    const runit_host host;
    if (!host.missing().empty()) DAEMONKIT_SKIP(host.missing());
    host.supervise();
    BOOST_TEST(host.sv("start clientd").starts_with("ok: run: clientd: "));
    BOOST_TEST(host.verb("status").status == 0);
    BOOST_TEST(host.sv("check clientd").starts_with("ok: run: clientd: "));
    host.refuses_a_second(host.works());
}

BOOST_AUTO_TEST_CASE(a_crash_is_repaired)
{
    const runit_host host;
    if (!host.missing().empty()) DAEMONKIT_SKIP(host.missing());
    host.supervise();
    host.works(host.crash());
    BOOST_TEST(host.logged("clientd: ended with exit status -1, signal 9"));
}

BOOST_AUTO_TEST_CASE(hup_reopens_the_rotated_file)
{
    const runit_host host;
    if (!host.missing().empty()) DAEMONKIT_SKIP(host.missing());
    host.supervise();
    host.rotates([&] { BOOST_TEST(host.sv("hup clientd") == ""); });
    host.keeps_the_old_file([&] {
        BOOST_TEST(host.sv("hup clientd") == "");
        BOOST_TEST(host.logged("reload refused"));
    });
}

// runsv tries again and again, and succeeds when the other daemon has ended.
BOOST_AUTO_TEST_CASE(one_that_was_started_by_hand_is_in_the_way_and_that_is_said)
{
    const runit_host host;
    if (!host.missing().empty()) DAEMONKIT_SKIP(host.missing());
    BOOST_TEST(host.verb("start").status == 0);
    const pid_t by_hand = host.works();
    host.supervise();
    BOOST_TEST(host.logged("clientd: already running (pid "));
    BOOST_TEST(host.daemon() == by_hand);
    BOOST_TEST(host.verb("stop").status == 0);
    host.works(by_hand);
    BOOST_TEST(host.sv("status clientd").starts_with("run: clientd: "));
}

BOOST_AUTO_TEST_CASE(down_is_a_clean_stop)
{
    const runit_host host;
    if (!host.missing().empty()) DAEMONKIT_SKIP(host.missing());
    host.supervise();
    host.works();
    BOOST_TEST(host.sv("down clientd") == "");
    host.gone();
    BOOST_TEST(host.logged("clientd: ended with exit status 0, signal 0"));
    BOOST_TEST(host.sv("status clientd").starts_with("down: clientd: "));

    BOOST_TEST(host.sv("start clientd").starts_with("ok: run: clientd: "));
    BOOST_TEST(host.sv("stop clientd").starts_with("ok: down: clientd: "));
    host.gone();
}

BOOST_AUTO_TEST_SUITE_END()
