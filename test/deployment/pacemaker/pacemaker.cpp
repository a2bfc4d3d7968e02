// SPDX-License-Identifier: BSL-1.0
// Pacemaker, a cluster of one node: with the init script (class lsb:) and with the OCF agent.
#include "deployment/clientd.hpp"
#include "support/text.hpp"

#include <sys/ptrace.h>
#include <sys/wait.h>

#include <csignal>

namespace {

namespace fs = deployment::fs;

const std::string agent = "/usr/lib/ocf/resource.d/daemonkit/clientd";

class node : public deployment::clientd_host
{
public:
    explicit node(const std::string& program) : clientd_host(program)
    {
        if (!missing().empty()) return;
        fs::create_directories((*this / agent).parent_path());
        install_printed("ocf", agent, "755");
        install_printed("lsb", "/etc/init.d/clientd", "755");
    }

    [[nodiscard]] int agent_says(const std::string& action, const std::string& environment = "") const
    {
        return (*this)(environment + " " + agent + " " + action).status;
    }
};

/// A node that runs the cluster, in a network namespace of its own.
class cluster : public node
{
public:
    cluster() : node("pacemakerd")
    {
        if (!missing().empty()) return;
        good("touch /run/net /run/uts && unshare --net=/run/net --uts=/run/uts sh -c 'hostname node1 && ip link set lo "
             "up'");
        good("groupadd --system haclient && useradd --system --gid haclient hacluster");
        for (const char* const resource : {"clientd-lsb.xml", "clientd-ocf.xml"}) install(resource, "/root");
        install("corosync.conf", "/etc/corosync/corosync.conf");
        install("cib.xml", "/var/lib/pacemaker/cib/cib.xml");
        good("mkdir --parents /dev/shm /var/log/pacemaker /var/lib/corosync");
        good("mount -t tmpfs tmpfs /dev/shm"); // where the parts of Pacemaker talk to each other
        good("chown -R hacluster:haclient /var/lib/pacemaker /var/log/pacemaker");
        stays("corosync -f");
        succeeds("corosync-cfgtool -s");
        stays("pacemakerd -f");
        succeeds("crm_mon --one-shot | grep \"Online: .*node1\"");
    }

    /// Runs a command of the cluster.
    outcome ask(const std::string& line) const { return (*this)(entering + line + "'"); }
    void tell(const std::string& line) const
    {
        const auto said = ask(line);
        BOOST_REQUIRE_MESSAGE(said.status == 0, line << ": status " << said.status << ": " << said.out << said.err);
    }
    void succeeds(const std::string& line) const
    {
        outcome said;
        BOOST_REQUIRE_MESSAGE(eventually([&] { return (said = ask(line)).status == 0; }),
                              line << ": " << said.out << said.err);
    }
    void add_resource(const std::string& file) const
    {
        tell("cibadmin --create --scope resources --xml-file /root/" + file);
    }
    /// Waits until the cluster has finished its transitions.
    void settles() const { tell("crm_resource --wait --timeout 15"); }
    [[nodiscard]] int failures() const
    {
        const auto said = ask("crm_failcount --query --resource clientd --node node1 --quiet");
        return said.out.empty() ? -1 : std::stoi(said.out);
    }

private:
    static constexpr const char* entering = "nsenter --net=/run/net --uts=/run/uts sh -c '";

    void stays(const std::string& line) const
    {
        background(line.substr(0, line.find(' ')) + ".out", "nsenter --net=/run/net --uts=/run/uts " + line);
    }
};

/// The life of the resource from its start, or from its first probe, to its stop; returns its first pid.
pid_t lives_in(const cluster& cluster, const std::string& resource)
{
    cluster.add_resource(resource);
    const pid_t first = cluster.works();
    cluster.settles();
    BOOST_TEST(cluster.failures() == 0);
    BOOST_TEST(cluster.works() == first);

    cluster.works(cluster.crash());
    cluster.settles();
    BOOST_TEST(cluster.failures() == 1);
    cluster.succeeds("crm_resource --locate --resource clientd | grep \"running on: node1\"");

    cluster.tell("crm_resource --resource clientd --meta --set-parameter target-role --parameter-value Stopped");
    cluster.settles();
    cluster.gone();
    cluster.tell("cibadmin --delete --xpath //primitive");
    cluster.settles();
    cluster.tell("crm_resource --cleanup");
    return first;
}

} // namespace

BOOST_AUTO_TEST_SUITE(clientd, *boost::unit_test::label("supervisors") * boost::unit_test::label("root"))

BOOST_AUTO_TEST_CASE(a_cluster_starts_it_finds_its_crash_and_stops_it, *boost::unit_test::label("slow"))
{
    const cluster cluster;
    if (!cluster.missing().empty()) DAEMONKIT_SKIP(cluster.missing());
    lives_in(cluster, "clientd-lsb.xml");

    cluster.good("/etc/init.d/clientd start"); // before the cluster monitors it
    const pid_t by_hand = cluster.works();
    BOOST_TEST(lives_in(cluster, "clientd-ocf.xml") == by_hand);
}

BOOST_AUTO_TEST_CASE(the_agent_passes_ocf_tester)
{
    const node node("ocf-tester");
    if (!node.missing().empty()) DAEMONKIT_SKIP(node.missing());
    const auto said = node("ocf-tester -v -n clientd " + agent);
    BOOST_TEST(said.status == 0, said.out << said.err);
    BOOST_TEST(contains(said.out, "passed all tests"), said.out << said.err);
}

BOOST_AUTO_TEST_CASE(the_agent_says_what_the_cluster_must_know)
{
    enum : int { success = 0, generic = 1, unimplemented = 3, installed = 5, not_running = 7 };
    const node node("setpriv");
    if (!node.missing().empty()) DAEMONKIT_SKIP(node.missing());
    BOOST_TEST(node.agent_says("monitor") == not_running);
    BOOST_TEST(node.agent_says("reload") == not_running);
    BOOST_TEST(node.agent_says("start") == success);
    BOOST_TEST(node.agent_says("start") == success);
    BOOST_TEST(node.agent_says("monitor") == success);
    node.rotates([&] { BOOST_TEST(node.agent_says("reload") == success); });
    node.crash();
    BOOST_TEST(node.agent_says("monitor") == not_running, "the cluster recovers what is not running");
    BOOST_TEST(node.agent_says("stop") == success);
    BOOST_TEST(node.agent_says("promote") == unimplemented);

    fs::create_directory(node / "var/lib/clientd/clientd.pid");
    BOOST_TEST(node.agent_says("monitor") == generic, "it may run: the cluster must not start it elsewhere");
    BOOST_TEST(node.agent_says("start") == generic);
    node.good("mv /usr/local/bin/clientd /root");
    BOOST_TEST(node.agent_says("validate-all") == installed);
    BOOST_TEST(node.agent_says("start") == installed);
    node.good("rm -r /var/lib/clientd");
    BOOST_TEST(node.agent_says("monitor") == not_running);
    BOOST_TEST(node.agent_says("stop") == success);
}

BOOST_AUTO_TEST_CASE(the_agent_kills_what_does_not_stop_before_the_cluster_fences_the_node)
{
    const node node("setpriv");
    if (!node.missing().empty()) DAEMONKIT_SKIP(node.missing());
    BOOST_TEST(node.agent_says("start") == 0);
    const pid_t pid = node.works();
    // As a debugger does: until SIGKILL the daemon handles no signal.
    if (::ptrace(PTRACE_SEIZE, pid, nullptr, nullptr) == -1) DAEMONKIT_SKIP("may not trace (ptrace)");
    BOOST_TEST(::ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr) == 0);
    BOOST_TEST(::waitpid(pid, nullptr, __WALL) == pid);
    BOOST_TEST(node.agent_says("stop", "timeout 7 env OCF_RESKEY_CRM_meta_timeout=7000") == 0);
    int status = 0;
    BOOST_TEST(::waitpid(pid, &status, __WALL) == pid);
    BOOST_TEST((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
    node.gone();
}

BOOST_AUTO_TEST_CASE(another_directory_is_another_instance)
{
    const node node("setpriv");
    if (!node.missing().empty()) DAEMONKIT_SKIP(node.missing());
    const std::string other = "OCF_RESKEY_directory=/var/lib/other";
    BOOST_TEST(node.agent_says("validate-all", other) == 5);
    node.good("install --directory --owner=clientd /var/lib/other");
    BOOST_TEST(node.agent_says("start") == 0);
    BOOST_TEST(node.agent_says("monitor", other) == 7);
    BOOST_TEST(node.agent_says("start", other) == 0);
    BOOST_TEST(node.processes("clientd").size() == 2U);
    BOOST_TEST(node.agent_says("stop") == 0);
    BOOST_TEST(node.agent_says("monitor", other) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
