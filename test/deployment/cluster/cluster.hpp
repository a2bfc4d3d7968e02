// SPDX-License-Identifier: BSL-1.0
// Three guests on a bridge, each a node of one Pacemaker cluster, and a power switch for the fence agent. The bridge is
// in a network namespace of the test process.
#pragma once

#include "deployment/host.hpp"
#include "support/child_process.hpp"
#include "support/file.hpp"
#include "support/temporary_directory.hpp"

#include <daemonkit/sys/boot_clock.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

/// One life of the daemon, in the file to which all nodes append.
struct life
{
    std::string node{};
    long long begin = 0; ///< of run(), in nanoseconds; with `node` it tells lives apart
    long long first = 0; ///< act
    long long last = 0;  ///< act
    int acts = 0;
    int fences = 0;       ///< how many nodes were fenced before
    std::string fenced{}; ///< the last one of them

    /// From 0.
    [[nodiscard]] int node_number() const { return node.back() - '1'; }
};

class three_nodes
{
public:
    three_nodes()
    {
        if (::geteuid() != 0)
            missing_ = "needs root";
        else if (::unshare(CLONE_NEWNET) == -1)
            missing_ = std::string("cannot make a network here: ") + std::strerror(errno);
        else if (!power_.says("ready"))
            missing_ = "the power switch does not work: " + power_.heard();
        boost::filesystem::create_directory(shared_ / "store");
        for (int i = 0; i < 3 && missing_.empty(); ++i) switch_on(i);
        if (!missing_.empty()) return;
        // Each is a member of corosync before Pacemaker runs, which fences the nodes that it has not seen.
        BOOST_REQUIRE(eventually([&] { return contains(node(0)("corosync-quorumtool").out, "Total votes:      3"); }));
        for (int i = 0; i < 3; ++i) join(i);
        settles();
    }

    /// Why there is no cluster on this machine.
    [[nodiscard]] const std::string& missing() const noexcept { return missing_; }
    /// From 0.
    [[nodiscard]] private_host& node(int number) const { return *nodes_[static_cast<std::size_t>(number)]; }

    /// Waits until all nodes are online and the cluster has nothing more to do.
    void settles() const
    {
        outcome said;
        for (int i = 0; i < 3; ++i) {
            const auto online = eventually(
                [&] { return contains((said = node(i)("crm_mon --one-shot")).out, "Online: [ node1 node2 node3 ]"); },
                std::chrono::seconds(60));
            BOOST_REQUIRE_MESSAGE(online, said.out << said.err);
        }
        said = node(0)("crm_resource --wait --timeout 120");
        BOOST_REQUIRE_MESSAGE(said.status == 0, said.out << said.err);
    }

    /// Ends all processes of the guest.
    void kill(int number) const
    {
        ::kill(node(number).first(), SIGKILL);
        BOOST_TEST(ends(node(number).first()));
    }
    /// Takes the guest's link from the bridge: nothing reaches it, and its interface stays up.
    void cut(int number) const { network("ip link set guest" + std::to_string(number + 1) + " nomaster"); }
    /// The fence agent fails from now on, or does its work.
    void break_switch() const { write_file(shared_ / "broken", ""); }
    void mend_switch() const { boost::filesystem::remove(shared_ / "broken"); }
    /// The nodes that the broken fence agent was to fence, one for each attempt.
    [[nodiscard]] std::vector<std::string> failures() const { return read_lines(shared_ / "failures"); }
    /// A new guest of this name joins the cluster.
    void boot(int number)
    {
        switch_on(number);
        BOOST_REQUIRE_MESSAGE(missing_.empty(), missing_);
        join(number);
        settles();
    }

    /// The lives of the daemon until now. One that acts again after another one is there twice: both ran at once.
    [[nodiscard]] std::vector<life> lives() const
    {
        std::vector<life> all;
        std::ifstream in((shared_ / "acts").string());
        life now;
        while (in >> now.node >> now.begin >> now.first) {
            if (now.begin == 0) { // a line of the power switch
                ++now.fences;
                now.fenced = now.node;
                continue;
            }
            if (all.empty() || all.back().begin != now.begin || all.back().node != now.node) all.push_back(now);
            all.back().last = now.first;
            ++all.back().acts;
        }
        return all;
    }

    /// What owners of the lease did: see terms_in().
    [[nodiscard]] boost::filesystem::path acts_of_owners() const { return shared_ / "store/acts"; }

private:
    [[nodiscard]] static std::string name(int number) { return "node" + std::to_string(number + 1); }

    /// In a child: kills each guest that a request names, and says so in the file of the acts.
    int switch_power() const
    {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        const auto fifo = shared_ / "requests";
        if (::mkfifo(fifo.c_str(), 0600) == -1) return 1;
        const int requests = ::open(fifo.c_str(), O_RDWR | O_CLOEXEC);
        child_process::say("ready");
        std::string request;
        for (char c = 0; ::read(requests, &c, 1) == 1;) {
            if (c != '\n') {
                request += c;
                continue;
            }
            const auto on = shared_ / (request + ".on");
            const pid_t first = pid_in(on.string());
            if (first > 0) {
                ::kill(first, SIGKILL);
                if (!ends(first)) return 1;
                const auto now = daemonkit::sys::boot_clock::now().time_since_epoch().count();
                append_file(shared_ / "acts", request + " 0 " + std::to_string(now) + "\n");
                boost::filesystem::remove(on);
            }
            request.clear();
        }
        return 1;
    }

    void switch_on(int number)
    {
        auto& guest = nodes_[static_cast<std::size_t>(number)];
        guest.reset();
        guest = std::make_unique<private_host>(DAEMONKIT_SUPERVISORS, shared_.path().string());
        missing_ = guest->reason();
        if (missing_.empty() && !guest->has("pacemakerd"))
            missing_ = "pacemakerd is neither installed nor in " DAEMONKIT_SUPERVISORS;
        if (!missing_.empty()) return;
        const auto me = std::to_string(number + 1);
        const auto pid = std::to_string(guest->first());
        network("ip link show bridge || ip link add bridge type bridge && ip link set bridge up");
        network("ip link delete guest" + me + " || true"); // that of its predecessor
        network("ip link add guest" + me + " type veth peer name eth0 netns " + pid + " && ip link set guest" + me +
                " master bridge up");
        const auto root = (*guest / "").string();
        good(run({"cp", "-R", DAEMONKIT_DEPLOYMENT_DIR, root + "root/cluster"}));
        good(run({"cp", DAEMONKIT_TEST_DAEMON_DIR "/placed", root + "usr/local/bin"}));
        good(run({"install", "-D", DAEMONKIT_TEST_DAEMON_DIR "/leading", root + "usr/local/libexec/leading"}));
        good((*guest)("/root/cluster/boot " + name(number) + " 10.0.0." + me));
        write_file(shared_ / (name(number) + ".on"), pid + "\n");
    }

    void join(int number) const { good(node(number).background("pacemaker.out", "pacemakerd -f")); }

    /// Runs a command in the network of the bridge, with the programs of a guest.
    void network(const std::string& line) const
    {
        for (const auto& guest : nodes_)
            if (guest && guest->reason().empty()) {
                good(run({"nsenter", "--target", std::to_string(guest->first()), "--mount", "--", "sh", "-c", line}));
                return;
            }
    }

    static void good(const outcome& said)
    {
        BOOST_REQUIRE_MESSAGE(said.status == 0, "status " << said.status << ": " << said.out << said.err);
    }

    std::string missing_{};
    temporary_directory shared_{};
    child_process power_{[this] { return switch_power(); }}; // the last to end: it ends every child of the test
    std::array<std::unique_ptr<private_host>, 3> nodes_{};
};
