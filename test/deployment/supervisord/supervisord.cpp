// SPDX-License-Identifier: BSL-1.0
// clientd under supervisord as its package configures it, with the program section that README.md shows.
#include "deployment/clientd.hpp"
#include "support/file.hpp"
#include "support/text.hpp"

#include <boost/algorithm/string/replace.hpp>

namespace {

struct supervisord_host : deployment::clientd_host
{
    supervisord_host() : clientd_host("supervisord")
    {
        if (!missing().empty()) return;
        good("mkdir --parents /var/log/supervisor /etc/supervisor/conf.d");
        install_printed("supervisord", "/etc/supervisor/conf.d/clientd.conf");
    }
    void start() const { good("supervisord --configuration=/etc/supervisor/supervisord.conf"); }
    [[nodiscard]] outcome ctl(const std::string& words) const { return (*this)("supervisorctl " + words); }
    [[nodiscard]] bool logged(const std::string& text) const
    {
        return reads("var/log/supervisor/supervisord.log", text);
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(clientd, *boost::unit_test::label("supervisors") * boost::unit_test::label("root"))

BOOST_AUTO_TEST_CASE(it_is_kept_reloaded_and_stopped)
{
    const supervisord_host host;
    if (!host.missing().empty()) DAEMONKIT_SKIP(host.missing());
    host.start();
    const pid_t first = host.works();
    BOOST_TEST(host.outside(std::stoi(host.ctl("pid clientd").out)) == first);
    host.refuses_a_second(first);

    const pid_t crashed = host.crash();
    BOOST_TEST(host.logged("exited: clientd (terminated by SIGKILL; not expected)"));
    host.works(crashed);
    host.rotates([&] { BOOST_TEST(host.ctl("signal HUP clientd").out == "clientd: signalled\n"); });

    host.works();
    BOOST_TEST(host.ctl("stop clientd").out == "clientd: stopped\n");
    host.gone();
    BOOST_TEST(host.logged("stopped: clientd (exit status 0)"));
    BOOST_TEST(host.ctl("status clientd").status == 3);
}

// With start instead of run, supervisord sees its process end at once. It gives up and logs that. The daemon runs on,
// alone; the pid file names it, and clientd's own verbs reach it.
BOOST_AUTO_TEST_CASE(start_in_place_of_run_does_no_harm)
{
    const supervisord_host host;
    if (!host.missing().empty()) DAEMONKIT_SKIP(host.missing());
    const auto file = host / "etc/supervisor/conf.d/clientd.conf";
    auto text = read_file(file);
    BOOST_TEST(contains(text, "clientd run\n"));
    boost::replace_first(text, "clientd run\n", "clientd start\n");
    boost::replace_first(text, "startretries=3", "startretries=1"); // each takes a second more
    write_file(file, text);
    host.start();
    const pid_t daemon = host.works();
    BOOST_TEST(host.logged("gave up: clientd entered FATAL state"));
    BOOST_TEST(contains(host.ctl("status clientd").out, "FATAL     Exited too quickly"));
    BOOST_TEST(host.logged("exited: clientd (exit status 0; not expected)"));
    const auto said = read_file(host / "var/log/clientd.log");
    BOOST_TEST(contains(said, "clientd: started (pid "), said);
    BOOST_TEST(contains(said, "clientd: already running (pid "), said);
    BOOST_TEST(host.works() == daemon);

    // The remedy: stop the unsupervised daemon and correct the line; then supervisord can start it.
    BOOST_TEST(host.verb("stop").status == 0);
    host.gone();
    host.install_printed("supervisord", "/etc/supervisor/conf.d/clientd.conf");
    BOOST_TEST(host.ctl("update").status == 0);
    const pid_t kept = host.works();
    BOOST_TEST(host.outside(std::stoi(host.ctl("pid clientd").out)) == kept);
}

BOOST_AUTO_TEST_SUITE_END()
