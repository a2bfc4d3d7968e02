// SPDX-License-Identifier: BSL-1.0
// clientd under OpenRC, booted on a host of its own, with the init script that it prints, and the others of README.md.
#include "deployment/clientd.hpp"
#include "support/text.hpp"

namespace {

struct openrc_host : deployment::clientd_host
{
    explicit openrc_host(const std::string& script) : clientd_host("openrc")
    {
        if (!missing().empty()) return;
        good("rm -rf /etc/init.d && mkdir /etc/init.d"); // of this machine
        if (script == "printed")
            install_printed("openrc", "/etc/init.d/clientd", "755");
        else
            install(script, "etc/init.d/clientd");
        good("openrc sysinit && openrc default");
    }
    [[nodiscard]] outcome service(const std::string& verb) const
    {
        return (*this)("rc-service --nocolor clientd " + verb);
    }
};

bool says(const outcome& said, const std::string& text) { return contains(said.out + said.err, text); }

} // namespace

BOOST_AUTO_TEST_SUITE(clientd, *boost::unit_test::label("supervisors") * boost::unit_test::label("root"))

BOOST_AUTO_TEST_CASE(every_verb_of_the_script_in_every_state)
{
    const openrc_host host("printed");
    if (!host.missing().empty()) DAEMONKIT_SKIP(host.missing());
    BOOST_TEST(host.service("status").status == 3);
    BOOST_TEST(host.service("stop").status == 0);
    BOOST_TEST(host.service("reload").status != 0);

    BOOST_TEST(host.service("start").status == 0);
    BOOST_TEST(host.verb("status").status == 0, "start returned before it was ready");
    host.refuses_a_second(host.works());
    BOOST_TEST(host.service("start").status == 0); // OpenRC: it has been started already
    BOOST_TEST(host.service("status").status == 0);
    host.rotates([&] { BOOST_TEST(host.service("reload").status == 0); });
    host.keeps_the_old_file([&] {
        const auto said = host.service("reload");
        BOOST_TEST(said.status == 1);
        BOOST_TEST(says(said, "cannot open the output file"));
    });

    const pid_t before = host.works();
    BOOST_TEST(host.service("restart").status == 0);
    host.works(before);
    BOOST_TEST(host.service("stop").status == 0);
    host.gone();
    BOOST_TEST(host.service("status").status == 3);
}

BOOST_AUTO_TEST_CASE(a_crash_is_seen_and_restart_repairs_it)
{
    const openrc_host host("printed");
    if (!host.missing().empty()) DAEMONKIT_SKIP(host.missing());
    BOOST_TEST(host.service("start").status == 0);
    const pid_t crashed = host.crash();
    const auto status = host.service("status");
    BOOST_TEST(status.status == 1);
    BOOST_TEST(says(status, "crashed"));
    BOOST_TEST(host.service("restart").status == 0);
    host.works(crashed);

    host.crash();
    BOOST_TEST(host.service("stop").status == 0);
    BOOST_TEST(host.service("status").status == 3);
    host.gone();
}

BOOST_AUTO_TEST_CASE(what_cannot_start_says_why)
{
    const openrc_host host("printed");
    if (!host.missing().empty()) DAEMONKIT_SKIP(host.missing());
    deployment::fs::create_directory(host.log());
    const auto said = host.service("start");
    BOOST_TEST(said.status == 1);
    BOOST_TEST(says(said, "clientd: cannot open the output file /var/lib/clientd/clientd.log: Is a directory"));
    BOOST_TEST(host.service("status").status == 3);
}

BOOST_AUTO_TEST_CASE(supervise_daemon_keeps_it)
{
    const openrc_host host("clientd-supervised");
    if (!host.missing().empty()) DAEMONKIT_SKIP(host.missing());
    BOOST_TEST(host.service("start").status == 0);
    host.refuses_a_second(host.works());
    host.works(host.crash());
    BOOST_TEST(host.service("status").status == 0);
    host.rotates([&] { BOOST_TEST(host.service("reload").status == 0); });
    host.works();
    BOOST_TEST(host.service("stop").status == 0);
    host.gone();
    BOOST_TEST(host.processes("supervise-daemo").empty());
    BOOST_TEST(host.service("status").status == 3);
}

BOOST_AUTO_TEST_CASE(descriptor_3_says_that_it_is_ready)
{
    const openrc_host host("clientd-notify");
    if (!host.missing().empty()) DAEMONKIT_SKIP(host.missing());
    if (!contains(host("cat /lib/rc/sh/start-stop-daemon.sh /usr/libexec/rc/sh/start-stop-daemon.sh").out, "--notify"))
        DAEMONKIT_SKIP("needs OpenRC 0.62, here is " + host("openrc --version").out);
    BOOST_TEST(host.service("start").status == 0);
    BOOST_TEST(deployment::fs::exists(host.log()), "start returned before it was ready");
    host.refuses_a_second(host.works());
    host.rotates([&] { BOOST_TEST(host.service("reload").status == 0); });
    const pid_t crashed = host.crash();
    BOOST_TEST(says(host.service("status"), "crashed"));
    BOOST_TEST(host.service("restart").status == 0);
    host.works(crashed);
    BOOST_TEST(host.service("stop").status == 0);
    host.gone();

    deployment::fs::remove(host.log());
    deployment::fs::create_directory(host.log());
    BOOST_TEST(host.service("start").status != 0);
    BOOST_TEST(host.reads("var/lib/clientd/clientd.err", "cannot open the output file"));
}

BOOST_AUTO_TEST_SUITE_END()
