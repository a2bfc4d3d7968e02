// SPDX-License-Identifier: BSL-1.0
// Pacemaker on three nodes with fencing, and a daemon by its OCF agent. Whatever ends the daemon or its node, it runs
// again, and never on two nodes at once. Prints how long it ran nowhere. DAEMONKIT_CLUSTER_ROUNDS: how often, otherwise
// once.
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

BOOST_AUTO_TEST_SUITE_END()
