// SPDX-License-Identifier: BSL-1.0
// clientd under dinit, with the service description that README.md shows.
#include "deployment/clientd.hpp"

namespace {

struct dinit_host : deployment::clientd_host
{
    dinit_host() : clientd_host("dinit")
    {
        if (!missing().empty()) return;
        good("mkdir --parents /etc/dinit.d && echo type = internal >/etc/dinit.d/boot");
        install_printed("dinit", "/etc/dinit.d/clientd");
        background("dinit", "dinit --system --container");
        BOOST_TEST(eventually([&] { return ctl("list").status == 0; }));
    }
    [[nodiscard]] outcome ctl(const std::string& words) const { return (*this)("dinitctl " + words); }
};

} // namespace

BOOST_AUTO_TEST_SUITE(clientd, *boost::unit_test::label("supervisors") * boost::unit_test::label("root"))

BOOST_AUTO_TEST_CASE(it_is_ready_kept_reloaded_and_stopped)
{
    const dinit_host host;
    if (!host.missing().empty()) DAEMONKIT_SKIP(host.missing());
    BOOST_TEST(host.ctl("start clientd").out == "Service 'clientd' started.\n");
    BOOST_TEST(deployment::fs::exists(host.log()), "clientd reported that it is ready before it was");
    host.refuses_a_second(host.works());
    host.works(host.crash());
    host.rotates([&] { BOOST_TEST(host.ctl("signal HUP clientd").status == 0); });
    BOOST_TEST(host.ctl("stop clientd").out == "Service 'clientd' stopped.\n");
    host.gone();

    deployment::fs::remove(host.log());
    deployment::fs::create_directory(host.log());
    BOOST_TEST(host.ctl("start clientd").status == 1);
    BOOST_TEST(host.reads("var/log/clientd.log", "cannot open the output file"));
}

BOOST_AUTO_TEST_SUITE_END()
