// SPDX-License-Identifier: BSL-1.0
// The OCF agent of a daemon with a lease, for a promotable clone: two daemons `leading` with one store.
#include "deployment/clientd.hpp"
#include "support/program.hpp"

namespace {

namespace fs = boost::filesystem;

enum : int { success = 0, generic = 1, not_running = 7, promoted = 8 };

/// A node with the agent that its daemon has printed.
struct lease_node : program
{
    explicit lease_node(const temporary_directory& store) : program("leading")
    {
        environment = {"STORE=" + store.path().string(), "TTL=10"};
        const auto said = operator()({"print", "ocf", "--instance", "main"});
        BOOST_TEST(said.status == 0, said.err);
        write_file(agent, said.out);
    }

    /// The exit status of an action; `more` are variables of the cluster.
    [[nodiscard]] int does(const std::string& action, const std::vector<std::string>& more = {}) const
    {
        auto words = command({});
        words.pop_back();
        words.insert(words.end(), more.begin(), more.end());
        words.insert(words.end(), {"sh", agent.string(), action});
        return run(words).status;
    }
    /// Waits until the daemon is the owner.
    [[nodiscard]] bool leads() const
    {
        return eventually([&] { return does("monitor") == promoted; });
    }

    fs::path agent = directory / "agent";
};

struct two_nodes
{
    two_nodes()
    {
        BOOST_TEST_REQUIRE(a.does("start") == success);
        BOOST_TEST_REQUIRE(a.leads());
        BOOST_TEST_REQUIRE(b.does("start") == success);
    }

    temporary_directory store{};
    lease_node a{store};
    lease_node b{store};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(roles, nothing_left, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(the_owner_of_the_lease_is_the_promoted_one)
{
    const two_nodes two;
    BOOST_TEST(two.a.does("monitor") == promoted);
    BOOST_TEST(two.b.does("monitor") == success);
    BOOST_TEST(two.a.does("promote") == success);
    BOOST_TEST(two.b.does("demote") == success);
    BOOST_TEST(two.b.does("monitor") == success);
    BOOST_TEST(two.a.does("stop") == success);
    BOOST_TEST(two.a.does("monitor") == not_running);
    BOOST_TEST(two.a.does("promote") == not_running);
    BOOST_TEST(two.a.does("demote") == not_running);
    BOOST_TEST(two.b.leads());
}

BOOST_AUTO_TEST_CASE(demote_makes_the_owner_stand_by)
{
    const two_nodes two;
    const pid_t before = two.a.pid();
    BOOST_TEST(two.a.does("demote") == success);
    BOOST_TEST(two.b.leads());
    BOOST_TEST(two.a.does("monitor") == success);
    BOOST_TEST(two.a.pid() != before);
}

BOOST_AUTO_TEST_CASE(promote_waits_for_the_lease_and_takes_it_from_no_other_node)
{
    const two_nodes two;
    BOOST_TEST(two.b.does("promote", {"OCF_RESKEY_CRM_meta_timeout=7000"}) == generic);
    BOOST_TEST(two.a.does("monitor") == promoted);

    const pid_t promote = ::fork();
    if (promote == 0) ::_exit(two.b.does("promote"));
    BOOST_TEST(two.a.does("demote") == success);
    int status = -1;
    BOOST_TEST(::waitpid(promote, &status, 0) == promote);
    BOOST_TEST(status == 0);
    BOOST_TEST(two.b.does("monitor") == promoted);
}

BOOST_AUTO_TEST_CASE(an_owner_that_the_cluster_has_not_promoted_is_not_failed)
{
    const two_nodes two;
    for (const char* const role : {"Unpromoted", "Slave"})
        BOOST_TEST(two.a.does("monitor", {std::string("OCF_RESKEY_CRM_meta_role=") + role}) == success);
    for (const char* const role : {"Promoted", "Master"}) {
        BOOST_TEST(two.a.does("monitor", {std::string("OCF_RESKEY_CRM_meta_role=") + role}) == promoted);
        BOOST_TEST(two.b.does("monitor", {std::string("OCF_RESKEY_CRM_meta_role=") + role}) == success);
    }
}

BOOST_AUTO_TEST_CASE(the_store_is_down)
{
    const two_nodes two;
    write_file(two.store / "down", "");
    BOOST_TEST(two.a.does("monitor") == promoted, "until its lease ends");
    BOOST_TEST(two.b.does("monitor") == success);
    BOOST_TEST(two.a.does("demote") == success);
    BOOST_TEST(two.a.does("monitor") == success);
    fs::remove(two.store / "down");
}

BOOST_AUTO_TEST_CASE(the_score_of_the_owner_makes_the_cluster_promote_it)
{
    const two_nodes two;
    const auto scores = two.store / "scores";
    const auto bin = two.store / "bin";
    fs::create_directory(bin);
    write_file(bin / "crm_attribute", "#!/bin/sh\necho \"$*\" >>" + scores.string() + "\n", 0755);
    const std::vector<std::string> cluster{"PATH=" + bin.string() + ":/usr/sbin:/usr/bin:/sbin:/bin",
                                           "OCF_RESOURCE_INSTANCE=leading"};
    const auto score = [&](const lease_node& node, const char* action) {
        fs::remove(scores);
        BOOST_TEST(node.does(action, cluster) != generic);
        return read_file(scores);
    };
    const std::string to_100 = "--quiet --promotion leading --lifetime reboot --update 100\n";
    const std::string none = "--quiet --promotion leading --lifetime reboot --delete\n";
    BOOST_TEST(score(two.a, "monitor") == to_100);
    BOOST_TEST(score(two.b, "monitor") == none);
    BOOST_TEST(score(two.a, "start") == to_100);
    BOOST_TEST(score(two.b, "start") == none);
    BOOST_TEST(score(two.a, "demote") == to_100 + none + none);
    BOOST_TEST(score(two.b, "stop") == none);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(promotable, *boost::unit_test::label("supervisors") * boost::unit_test::label("root"))

BOOST_AUTO_TEST_CASE(the_agent_passes_ocf_tester_and_shellcheck)
{
    const deployment::clientd_host host("ocf-tester");
    if (!host.missing().empty()) DAEMONKIT_SKIP(host.missing());
    run({"cp", DAEMONKIT_TEST_DAEMON_DIR "/leading", (host / "usr/local/bin/leading-itself").string()});
    host.good("mkdir /var/lib/store");
    write_file(host / "usr/local/bin/leading",
               "#!/bin/sh\nPID_FILE=/run/leading.pid STORE=/var/lib/store exec leading-itself \"$@\"\n", 0755);
    const std::string agent = "/usr/lib/ocf/resource.d/daemonkit/leading";
    host.good("cd / && mkdir -p /usr/lib/ocf/resource.d/daemonkit && leading print ocf --instance main >" + agent +
              " && chmod 755 " + agent);
    // A start makes an owner, and the tester expects what the cluster expects of a daemon that it has not promoted.
    const auto said =
        host("OCF_RESKEY_CRM_meta_role=Unpromoted OCF_RESKEY_program=/usr/local/bin/leading ocf-tester -v "
             "-n leading " +
             agent);
    BOOST_TEST(said.status == 0, said.out << said.err);
    BOOST_TEST(contains(said.out, "passed all tests"), said.out << said.err);
    BOOST_TEST(!contains(said.out, "does not support promotable clones"), said.out);
    if (!host.has("shellcheck")) DAEMONKIT_SKIP("shellcheck is not installed");
    const auto found = host("shellcheck -s sh " + agent);
    BOOST_TEST(found.status == 0, found.out);
}

BOOST_AUTO_TEST_SUITE_END()
