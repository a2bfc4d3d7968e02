// SPDX-License-Identifier: BSL-1.0
// Pacemaker on three nodes with fencing. A daemon by its OCF agent: whatever ends the daemon or its node, it runs
// again, and never on two nodes at once. Prints how long it ran nowhere. DAEMONKIT_CLUSTER_ROUNDS: how often, otherwise
// once. And a daemon with a lease: its owner is the promoted one.
#include "lease/leading.hpp"
#include "support/environment.hpp"
#include "support/skip.hpp"
#include "support/text.hpp"

#include "cluster.hpp"

#include <cstdio>

using namespace std::chrono_literals;

namespace {

long long now_in_ns() { return daemonkit::sys::boot_clock::now().time_since_epoch().count(); }

/// What happens to the daemon of `before`, and the life that follows.
template <class Event>
life after(const three_nodes& cluster, const life& before, const char* kind, Event event)
{
    const auto since = now_in_ns();
    event();
    std::vector<life> lives;
    std::size_t at = 0; // of the first life after it
    const auto acts = [&] {
        lives = cluster.lives();
        for (at = 0; at < lives.size() && lives[at].first <= before.first; ++at) {}
        int all = 0;
        for (auto i = at; i < lives.size(); ++i) all += lives[i].acts;
        return all;
    };
    BOOST_REQUIRE(eventually([&] { return acts() >= 100; }, 60s)); // a daemon beside it would be seen by then
    const auto& next = lives[at];
    std::printf("%-10s %s -> %s, runs again after %lld ms, ran nowhere for %lld ms\n", kind, before.node.c_str(),
                next.node.c_str(), (next.first - since) / 1'000'000, (next.first - lives[at - 1].last) / 1'000'000);
    std::fflush(stdout);
    return next;
}

} // namespace

BOOST_AUTO_TEST_SUITE(three_nodes_with_fencing, *boost::unit_test::label("supervisors") *
                                                    boost::unit_test::label("cluster") *
                                                    boost::unit_test::label("root") * boost::unit_test::label("slow"))

BOOST_AUTO_TEST_CASE(one_daemon_runs_whatever_happens_to_its_node)
{
    three_nodes cluster;
    if (!cluster.missing().empty()) DAEMONKIT_SKIP(cluster.missing());

    BOOST_TEST_REQUIRE(eventually([&] { return !cluster.lives().empty(); }));
    life now = cluster.lives().front();
    const int rounds = std::stoi(environment_variable("DAEMONKIT_CLUSTER_ROUNDS", "1"));
    for (int round = 0; round < rounds; ++round) {
        // It is started again on its node, which is not fenced.
        auto next = after(cluster, now, "crash", [&] {
            for (const pid_t daemon : cluster.node(now.node_number()).processes("placed")) ::kill(daemon, SIGKILL);
        });
        BOOST_TEST(next.node == now.node);
        BOOST_TEST(next.fences == 2 * round);
        cluster.settles();

        // The cluster fences the node, because it cannot know that it is gone.
        now = next;
        next = after(cluster, now, "node lost", [&] { cluster.kill(now.node_number()); });
        BOOST_TEST(next.node != now.node);
        BOOST_TEST(next.fences == 2 * round + 1);
        BOOST_TEST(next.fenced == now.node);
        cluster.boot(now.node_number());

        // The daemon goes on until its node is fenced.
        now = next;
        next = after(cluster, now, "partition", [&] { cluster.cut(now.node_number()); });
        BOOST_TEST(next.node != now.node);
        BOOST_TEST(next.fences == 2 * round + 2, "it began before the other node was fenced");
        BOOST_TEST(next.fenced == now.node);
        cluster.boot(now.node_number());
        now = next;
    }
    BOOST_TEST(cluster.lives().size() == 3U * static_cast<unsigned>(rounds) + 1U, "two daemons ran at once");
}

BOOST_AUTO_TEST_CASE(no_other_node_runs_the_daemon_before_fencing_has_succeeded)
{
    three_nodes cluster;
    if (!cluster.missing().empty()) DAEMONKIT_SKIP(cluster.missing());

    BOOST_TEST_REQUIRE(eventually([&] { return !cluster.lives().empty(); }));
    const auto first = cluster.lives().front();
    cluster.break_switch();
    cluster.cut(first.node_number());
    BOOST_TEST(eventually([&] { return cluster.failures().size() >= 3 || cluster.lives().size() > 1; }, 60s));
    for (const auto& node : cluster.failures()) BOOST_TEST(node == first.node);
    const auto now = now_in_ns();
    BOOST_TEST(eventually([&] { return cluster.lives().back().last > now; })); // it goes on
    BOOST_TEST_REQUIRE(cluster.lives().size() == 1U, "two daemons ran at once");

    cluster.mend_switch();
    BOOST_TEST_REQUIRE(eventually([&] { return cluster.lives().back().node != first.node; }, 60s));
    BOOST_TEST(cluster.lives().size() == 2U, "two daemons ran at once");
    BOOST_TEST(cluster.lives().back().fences == 1, "it began before the other node was fenced");
    BOOST_TEST(cluster.lives().back().fenced == first.node);
}

BOOST_AUTO_TEST_CASE(the_cluster_promotes_the_owner_of_a_lease_wherever_it_goes)
{
    three_nodes cluster;
    if (!cluster.missing().empty()) DAEMONKIT_SKIP(cluster.missing());
    const auto tell = [&](const std::string& line) {
        const auto said = cluster.node(0)(line);
        BOOST_REQUIRE_MESSAGE(said.status == 0, line << ": " << said.out << said.err);
        return said.out;
    };
    struct owner
    {
        int node;
        int token;
    };
    // The node that owns the lease, as wanted, and is promoted, as the node `asked` says. On a busy machine a lease may be
    // lost in between, so tokens rise, by no fixed step.
    const auto promoted = [&](int asked, auto wanted) {
        owner found{};
        const auto promotes = eventually(
            [&] {
                // leading: host node1 (pid 20286, token 9)
                const auto holder = cluster.node(asked)("leading holder --instance main").out;
                const auto token = holder.find("token ");
                if (token == std::string::npos) return false;
                const auto node = holder.substr(holder.find("node"), 5);
                found = {node.back() - '1', std::stoi(holder.substr(token + 6))};
                return wanted(found) &&
                       contains(cluster.node(asked)("crm_mon --one-shot").out, "* Promoted: [ " + node + " ]");
            },
            60s);
        BOOST_REQUIRE_MESSAGE(promotes, cluster.node(asked)("leading holder --instance main; crm_mon --one-shot").out);
        return found;
    };
    const auto later_than = [](const owner& before) {
        return [before](const owner& now) { return now.token > before.token; };
    };
    tell("cibadmin --create --scope resources --xml-file /root/cluster/leading.xml");
    const auto first = promoted(0, later_than({}));
    cluster.settles();

    tell("leading release --instance main");
    const auto second = promoted(0, later_than(first));
    cluster.settles();

    for (const pid_t daemon : cluster.node(second.node).processes("leading")) ::kill(daemon, SIGKILL);
    const auto third = promoted(0, later_than(second));
    cluster.settles();

    const auto last = promoted(0, [&](const owner& now) { return now.token >= third.token; });
    cluster.kill(last.node);
    const auto fourth = promoted((last.node + 1) % 3,
                                 [&](const owner& now) { return now.token > last.token && now.node != last.node; });
    cluster.boot(last.node);
    promoted(0, [&](const owner& now) { return now.token >= fourth.token; });
    const auto terms = terms_in(cluster.acts_of_owners());
    BOOST_TEST(rise(terms));
    BOOST_TEST(terms.size() >= 4U);
}

BOOST_AUTO_TEST_SUITE_END()
