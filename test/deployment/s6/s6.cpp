// SPDX-License-Identifier: BSL-1.0
// clientd under s6: s6-svscan, s6-supervise and s6-log, with the service directory that clientd prints.
#include "deployment/clientd.hpp"

namespace {

struct s6_host : deployment::clientd_host
{
    s6_host() : clientd_host("s6-svscan")
    {
        if (!missing().empty()) return;
        good("useradd --system log; install --directory --owner=log /var/log/clientd");
        good("mkdir --parents /etc/s6 /run/service");
        good("cd /var/lib/clientd && clientd print s6 | sh -s /etc/s6/clientd");
    }
    void scan() const
    {
        good("ln --symbolic /etc/s6/clientd /run/service/clientd");
        background("s6-svscan", "s6-svscan /run/service");
        BOOST_TEST(eventually([&] { return (*this)("s6-svok /run/service/clientd").status == 0; }));
    }
    [[nodiscard]] std::string s6(const std::string& words) const
    {
        return good("s6-" + words + " /run/service/clientd");
    }
    [[nodiscard]] bool logged(const std::string& text) const { return reads("var/log/clientd/current", text); }
};

} // namespace

BOOST_AUTO_TEST_SUITE(clientd, *boost::unit_test::label("supervisors") * boost::unit_test::label("root"))

BOOST_AUTO_TEST_CASE(svwait_returns_when_it_is_ready)
{
    const s6_host host;
    if (!host.missing().empty()) DAEMONKIT_SKIP(host.missing());
    host.scan();
    BOOST_TEST(host.s6("svwait -U -t 15000") == "");
    BOOST_TEST(deployment::fs::exists(host.log()), "clientd reported that it is ready before it was");
    BOOST_TEST(host.s6("svstat -o up,ready") == "true true\n");
    const pid_t pid = host.works();
    BOOST_TEST(host.outside(std::stoi(host.s6("svstat -o pid"))) == pid);
    host.refuses_a_second(pid);
}

BOOST_AUTO_TEST_CASE(what_cannot_start_is_never_ready)
{
    const s6_host host;
    if (!host.missing().empty()) DAEMONKIT_SKIP(host.missing());
    deployment::fs::create_directory(host.log());
    host.scan();
    BOOST_TEST(host.logged("clientd: ended with exit status 1, signal 0"));
    BOOST_TEST(host.logged("clientd: cannot open the output file /var/lib/clientd/clientd.log: Is a directory"));
    BOOST_TEST(host.s6("svstat -o ready") == "false\n");
    // s6-supervise keeps trying: the daemon becomes ready once the cause is gone.
    deployment::fs::remove(host.log());
    BOOST_TEST(host.s6("svwait -U -t 15000") == "");
}

BOOST_AUTO_TEST_CASE(a_crash_is_repaired)
{
    const s6_host host;
    if (!host.missing().empty()) DAEMONKIT_SKIP(host.missing());
    host.scan();
    host.works(host.crash());
    BOOST_TEST(host.s6("svwait -U -t 15000") == "");
    BOOST_TEST(host.logged("clientd: ended with exit status 256, signal 9"));
}

BOOST_AUTO_TEST_CASE(hup_reopens_the_rotated_file)
{
    const s6_host host;
    if (!host.missing().empty()) DAEMONKIT_SKIP(host.missing());
    host.scan();
    host.rotates([&] { BOOST_TEST(host.s6("svc -h") == ""); });
    host.keeps_the_old_file([&] {
        BOOST_TEST(host.s6("svc -h") == "");
        BOOST_TEST(host.logged("reload refused"));
    });
}

BOOST_AUTO_TEST_CASE(down_is_a_clean_stop)
{
    const s6_host host;
    if (!host.missing().empty()) DAEMONKIT_SKIP(host.missing());
    host.scan();
    host.works();
    BOOST_TEST(host.s6("svc -d -wD -T 15000") == "");
    host.gone();
    BOOST_TEST(host.s6("svstat -o up,exitcode") == "false 0\n");
    BOOST_TEST(host.logged("clientd: ended with exit status 0, signal 0"));
}

BOOST_AUTO_TEST_SUITE_END()
