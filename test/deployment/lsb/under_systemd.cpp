// SPDX-License-Identifier: BSL-1.0
// The init script where systemd runs: systemd-sysv-generator(8) makes a unit of it.
#include "deployment/systemd/machine.hpp"
#include "support/text.hpp"

#include <boost/filesystem/operations.hpp>
#include <boost/test/unit_test.hpp>

#include <csignal>

namespace fs = boost::filesystem;

namespace {

const std::string directory = "/var/lib/clientd";

/// A machine with one of the scripts of this room and the files that the script starts.
class scripted_machine : public machine
{
public:
    scripted_machine(std::string name, const std::string& user) : name_(std::move(name))
    {
        if (!absent_because().empty()) return;
        install(DAEMONKIT_EXAMPLE_DIR "/clientd");
        fs::create_directories(path("/etc/init.d"));
        if (name_ != "clientd")
            BOOST_TEST(run({"cp", DAEMONKIT_DEPLOYMENT_DIR "/" + name_, path("/etc/init.d").string()}).status == 0);
        const auto prepared = shell("echo u clientd | systemd-sysusers - && install --directory --owner=" + user + " " +
                                    directory + " && cd " + directory +
                                    (name_ == "clientd" ? " && clientd print lsb >/etc/init.d/clientd && "
                                                          "chmod +x /etc/init.d/clientd"
                                                        : "") +
                                    " && systemctl daemon-reload");
        BOOST_TEST(prepared.status == 0, prepared.err);
    }

    /// Exit statuses: of the script itself, and of systemctl for the generated unit.
    [[nodiscard]] int script(const std::string& verb) const { return (*this)({"/etc/init.d/" + name_, verb}).status; }
    [[nodiscard]] int unit(const std::string& verb) const { return systemctl({verb, name_}).status; }
    [[nodiscard]] std::string operator[](const std::string& property_name) const
    {
        return property(name_, property_name);
    }

    /// The pid in the pid file, as the value of a unit property.
    [[nodiscard]] std::string recorded() const
    {
        const auto line = text(directory + "/clientd.pid");
        return line.substr(0, line.find('\n'));
    }
    /// Whether this process exists and is no zombie.
    [[nodiscard]] bool runs(const std::string& pid) const
    {
        const auto status = text("/proc/" + pid + "/status");
        return !status.empty() && !contains(status, "State:\tZ");
    }
    void crash() const
    {
        const auto pid = recorded();
        BOOST_TEST((*this)({"kill", "-KILL", pid}).status == 0);
        BOOST_TEST(eventually([&] { return !runs(pid); }));
    }

private:
    std::string name_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(under_systemd, *boost::unit_test::label("supervisors") * boost::unit_test::label("systemd") *
                                         boost::unit_test::label("root"))

BOOST_AUTO_TEST_CASE(the_unit_of_the_script_knows_the_daemon_and_its_crash)
{
    const scripted_machine clientd("clientd", "clientd");
    if (!clientd.absent_because().empty()) DAEMONKIT_SKIP(clientd.absent_because());
    BOOST_TEST(clientd["SourcePath"] == "/etc/init.d/clientd");
    BOOST_TEST(clientd.script("status") == 3);

    BOOST_TEST(clientd.unit("start") == 0);
    const auto first = clientd.recorded();
    BOOST_TEST(clientd["MainPID"] == first);
    BOOST_TEST(contains(clientd.text("/proc/" + first + "/status"), "Name:\tclientd"));
    BOOST_TEST(clientd.script("status") == 0);
    BOOST_TEST(clientd({"service", "clientd", "status"}).status == 0);

    clientd.crash();
    BOOST_TEST(eventually([&] { return clientd["ActiveState"] == "failed"; }));
    BOOST_TEST(clientd.script("status") == 3, "systemd removes the pid file of a dead service");
    BOOST_TEST(clientd({"service", "clientd", "status"}).status == 3);

    BOOST_TEST(clientd.unit("start") == 0);
    const auto second = clientd.recorded();
    BOOST_TEST(second != first);
    BOOST_TEST(clientd.unit("restart") == 0);
    BOOST_TEST(clientd.recorded() != second);
    BOOST_TEST(clientd["MainPID"] == clientd.recorded());

    BOOST_TEST(clientd.unit("reload") == 0);
    BOOST_TEST(clientd.unit("stop") == 0);
    BOOST_TEST(clientd["ActiveState"] == "inactive");
    BOOST_TEST(clientd.script("status") == 3);
}

BOOST_AUTO_TEST_CASE(every_verb_in_every_state)
{
    const scripted_machine clientd("clientd", "clientd");
    if (!clientd.absent_because().empty()) DAEMONKIT_SKIP(clientd.absent_because());
    BOOST_TEST(run({"cp", DAEMONKIT_DEPLOYMENT_DIR "/verbs.sh", clientd.path("/usr/local/bin").string()}).status == 0);
    for (const char* const state : {"stopped", "running", "crashed", "deleted", "misused"}) {
        const auto said = clientd({"verbs.sh", state, directory + "/clientd.pid", "/etc/init.d/clientd"});
        std::fputs(said.out.c_str(), stdout); // the table
        BOOST_TEST(said.status == 0, said.out << said.err);
    }
}

BOOST_AUTO_TEST_CASE(a_start_that_fails_is_a_failed_unit)
{
    const scripted_machine clientd("clientd", "clientd");
    if (!clientd.absent_because().empty()) DAEMONKIT_SKIP(clientd.absent_because());
    fs::create_directory(clientd.path(directory + "/clientd.log"));
    BOOST_TEST(clientd.unit("start") == 1);
    BOOST_TEST(clientd["ActiveState"] == "failed");
    BOOST_TEST(
        eventually([&] { return contains(clientd.journal("clientd"), "cannot open the output file " + directory); }));
}

/// Started without the unit: there is never a second daemon, and never one that status does not find.
BOOST_AUTO_TEST_CASE(a_daemon_that_was_started_past_its_unit_is_the_only_one_and_is_found)
{
    const scripted_machine clientd("clientd", "clientd");
    if (!clientd.absent_because().empty()) DAEMONKIT_SKIP(clientd.absent_because());
    BOOST_TEST(clientd.script("start") == 0);
    const auto by_hand = clientd.recorded();
    BOOST_TEST(clientd.unit("start") != 0,
               "systemd rejects a pid file of another user that names a process outside the unit");
    BOOST_TEST(clientd.runs(by_hand));
    BOOST_TEST(clientd.script("status") == 0, "though systemd has removed the pid file");
    BOOST_TEST(clientd.script("stop") == 0);
    BOOST_TEST(!clientd.runs(by_hand));

    BOOST_TEST(clientd.unit("start") == 0);
    const auto by_unit = clientd.recorded();
    const auto said = clientd({"/etc/init.d/clientd", "start"});
    BOOST_TEST(said.status == 0);
    BOOST_TEST(contains(said.out, "already running (pid " + by_unit + ")"), said.out);
    BOOST_TEST(contains(said.out, "clientd.service"), said.out);
    BOOST_TEST(clientd.script("stop") == 0);
    BOOST_TEST(!clientd.runs(by_unit));
    BOOST_TEST(eventually([&] { return clientd["ActiveState"] == "inactive"; }));
}

/// Why our script sources no functions: they pass `status` and `start` to the unit, which stays active for ever
/// although its process has ended.
BOOST_AUTO_TEST_CASE(a_script_that_sources_the_distributions_functions_reports_running_for_ever)
{
    const scripted_machine sourcing("sourcing", "root");
    if (!sourcing.absent_because().empty()) DAEMONKIT_SKIP(sourcing.absent_because());
    if (!fs::exists(sourcing.path("/usr/lib/lsb/init-functions"))) DAEMONKIT_SKIP("no /lib/lsb/init-functions");
    BOOST_TEST(sourcing.script("start") == 0);
    const auto pid = sourcing.recorded();
    BOOST_TEST(sourcing.runs(pid));
    sourcing.crash();
    BOOST_TEST(sourcing.script("status") == 0, "the functions have improved");
    BOOST_TEST(sourcing.script("start") == 0);
    BOOST_TEST(sourcing.recorded() == pid, "it has not been started again");
    BOOST_TEST(sourcing.shell("cd " + directory + " && clientd status").status == 1);
}

BOOST_AUTO_TEST_SUITE_END()
