// SPDX-License-Identifier: BSL-1.0
// Every verb in every state, checked by a script that knows only the specification: verbs of clientd itself, and of the
// init script on a host without systemd.
#include "deployment/clientd.hpp"
#include "support/text.hpp"

namespace {

class lsb_host : public deployment::clientd_host
{
public:
    /// /var/lib/clientd belongs to `owner`, the user that runs clientd there.
    explicit lsb_host(const std::string& owner) : clientd_host("setpriv")
    {
        if (!missing().empty()) return;
        install("verbs.sh", "usr/local/bin/verbs.sh");
        install_printed("lsb", "/etc/init.d/clientd", "755");
        install("sourcing", "etc/init.d/sourcing");
        good("chown " + owner + " /var/lib/clientd");
    }

    outcome verbs(const std::string& state, const std::string& command, const std::string& breaking = "false") const
    {
        return (*this)("cd /var/lib/clientd && BREAK='" + breaking + "' verbs.sh " + state +
                       " /var/lib/clientd/clientd.pid " + command);
    }
    void keep_the_standard(const std::string& state, const std::string& command,
                           const std::string& breaking = "false") const
    {
        const auto said = verbs(state, command, breaking);
        std::fputs(said.out.c_str(), stdout); // the table
        BOOST_TEST(said.status == 0, said.out << said.err);
    }
};

/// The private host has no systemd.
const std::string script = "/etc/init.d/clientd";
const std::vector<std::string> states{"never_started",
                                      "stopped",
                                      "running",
                                      "crashed",
                                      "deleted",
                                      "recycled",
                                      "unprivileged_stopped",
                                      "unprivileged_running",
                                      "unprivileged_crashed",
                                      "misused"};
/// What makes a start or a reload impossible: its output file, its pid file.
const std::string no_output = "cd /var/lib/clientd && rm -f clientd.log && mkdir clientd.log";
const std::string no_pid_file = "mkdir /var/lib/clientd/clientd.pid";

} // namespace

BOOST_AUTO_TEST_SUITE(verbs, *boost::unit_test::label("supervisors") * boost::unit_test::label("root"))

BOOST_AUTO_TEST_CASE(of_clientd_itself_in_every_state)
{
    const lsb_host host("root");
    if (!host.missing().empty()) DAEMONKIT_SKIP(host.missing());
    for (const auto& state : states) host.keep_the_standard(state, "clientd");
    for (const auto& mistake : {no_output, no_pid_file}) host.keep_the_standard("unconfigured", "clientd", mistake);
    host.keep_the_standard("misconfigured", "clientd", no_output);
}

BOOST_AUTO_TEST_CASE(of_the_init_script_in_every_state)
{
    const lsb_host host("clientd");
    if (!host.missing().empty()) DAEMONKIT_SKIP(host.missing());
    for (const auto& state : states) host.keep_the_standard(state, script);
    for (const auto& mistake : {no_output, no_pid_file}) host.keep_the_standard("unconfigured", script, mistake);
    host.keep_the_standard("misconfigured", script, no_output);
}

BOOST_AUTO_TEST_CASE(of_the_init_script_where_something_is_missing)
{
    const lsb_host host("clientd");
    if (!host.missing().empty()) DAEMONKIT_SKIP(host.missing());
    host.keep_the_standard("unconfigured", script, "rm -rf /var/lib/clientd");
    host.good("mkdir --parents /var/lib/clientd");
    host.keep_the_standard("unconfigured", script, "userdel clientd 2>/dev/null");
    host.keep_the_standard("uninstalled", script, "rm -f /usr/local/bin/clientd");
}

/// The distribution's functions take any process with the recorded pid for the daemon. The script of the test must
/// detect that.
BOOST_AUTO_TEST_CASE(of_a_script_that_sources_the_distributions_functions_are_wrong)
{
    const lsb_host host("root");
    if (!host.missing().empty()) DAEMONKIT_SKIP(host.missing());
    if (!deployment::fs::exists(host / "lib/lsb/init-functions")) DAEMONKIT_SKIP("no /lib/lsb/init-functions");
    const auto said = host.verbs("recycled", "/etc/init.d/sourcing");
    BOOST_TEST(said.status == 1);
    BOOST_TEST(contains(said.out, "WRONG recycled             status        status 0 of {1}"), said.out << said.err);
}

BOOST_AUTO_TEST_CASE(are_there_in_each_runlevel)
{
    const lsb_host host("clientd");
    if (!host.missing().empty()) DAEMONKIT_SKIP(host.missing());
    if (!host.has("update-rc.d")) DAEMONKIT_SKIP("update-rc.d is not installed");
    host.good("update-rc.d clientd defaults");
    BOOST_TEST(contains(host.good("ls /etc/rc2.d /etc/rc0.d"), "S01clientd"));
}

BOOST_AUTO_TEST_SUITE_END()
