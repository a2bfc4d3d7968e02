// SPDX-License-Identifier: BSL-1.0
// A hundred changes of the owner of each kind, many pairs of daemons at a time: never two owners, and how long nothing
// owns the lease. Prints a table.
#include "cluster.hpp"

#include "lease/leading.hpp"

#include "support/frozen.hpp"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>

using daemonkit::lease_timing;
using namespace std::chrono_literals;

namespace {

constexpr auto pair_ttl = 5s;
constexpr int pairs = 10; // at a time
constexpr int rounds = 10;

/// The kernel does not kill, and the owner does not notice.
struct immortal : lease_timing
{
    [[nodiscard]] static constexpr std::chrono::nanoseconds soft() { return 1h; }
    [[nodiscard]] static constexpr std::chrono::nanoseconds kill() { return 2h; }
};

struct pair_of_daemons
{
    template <class LeaseTiming>
    pair_of_daemons(const etcd::cluster& members, int number, const LeaseTiming& timing, behaviour how)
        : first([=, &members, this] { return lead(members.store(key(number)), timing, acts, how); }),
          owned(first.says("owner ")),
          second([=, &members, this] { return lead(members.store(key(number)), lease_timing{pair_ttl}, acts); }),
          waits(second.says("standing by")), acted(eventually([this] { return !terms_in(acts).empty(); }))
    {
    }
    static std::string key(int number) { return "clientd-" + std::to_string(number); }

    temporary_directory place{};
    boost::filesystem::path acts = place / "acts";
    child_process first;
    bool owned;
    child_process second;
    bool waits;
    bool acted;
};

struct table
{
    int changes = 0;
    int overlaps = 0;
    std::vector<long long> gaps{}; // in milliseconds

    void print(const char* kind)
    {
        std::sort(gaps.begin(), gaps.end());
        std::printf("%-24s %3d changes, %d overlaps, gap: median %lld ms, longest %lld ms (TTL %lld ms)\n", kind,
                    changes, overlaps, gaps.empty() ? 0 : gaps[gaps.size() / 2], gaps.empty() ? 0 : gaps.back(),
                    static_cast<long long>(std::chrono::milliseconds(pair_ttl).count()));
    }
};

/// Many pairs; `befall` does something to the owner of each.
template <class LeaseTiming = lease_timing>
table follow(const std::function<void(pair_of_daemons&)>& befall, int how_many = rounds, behaviour how = {},
             const LeaseTiming& timing = {pair_ttl})
{
    table all;
    for (int round = 0; round < how_many; ++round) {
        const etcd::cluster members(3); // for each round: the end of a pair ends every child of this process
        BOOST_REQUIRE_MESSAGE(members.ready(), members.why());
        std::vector<std::unique_ptr<pair_of_daemons>> some;
        for (int i = 0; i < pairs; ++i) some.push_back(std::make_unique<pair_of_daemons>(members, i, timing, how));
        for (const auto& one : some) {
            BOOST_TEST((one->owned && one->waits && one->acted));
            befall(*one);
        }
        for (const auto& one : some) {
            BOOST_TEST(one->second.says("owner "));
            one->first.signal(SIGCONT);
            BOOST_TEST(one->first.status() != -1);
            BOOST_TEST(eventually([&] { return terms_in(one->acts).back().token > terms_in(one->acts)[0].token; }));
            const auto terms = terms_in(one->acts);
            ++all.changes;
            all.overlaps += static_cast<int>(!rise(terms) || terms.size() > 2);
            all.gaps.push_back((terms[1].first - terms[0].last) / 1ms);
        }
    }
    return all;
}

void expect_no_overlap(const char* kind, table all)
{
    all.print(kind);
    BOOST_TEST(all.changes == pairs * rounds);
    BOOST_TEST(all.overlaps == 0);
}

} // namespace

BOOST_AUTO_TEST_SUITE(many, *boost::unit_test::label("slow") * boost::unit_test::label("etcd"))

BOOST_AUTO_TEST_CASE(orderly_ends)
{
    NEEDS_ETCD();
    expect_no_overlap("orderly end", follow([](auto& one) { one.first.signal(SIGTERM); }));
}

BOOST_AUTO_TEST_CASE(crashes)
{
    NEEDS_ETCD();
    expect_no_overlap("kill -9", follow([](auto& one) { one.first.signal(SIGKILL); }));
}

BOOST_AUTO_TEST_CASE(stopped_owners)
{
    NEEDS_ETCD();
    expect_no_overlap("SIGSTOP", follow([](auto& one) { one.first.signal(SIGSTOP); }));
}

BOOST_AUTO_TEST_CASE(stuck_owners)
{
    NEEDS_ETCD();
    expect_no_overlap("stuck run()", follow([](auto&) {}, rounds, {.stuck = true}, lease_timing{pair_ttl, 1s}));
}

BOOST_AUTO_TEST_CASE(stopped_owners_without_the_kill_overlap)
{
    NEEDS_ETCD();
    auto all = follow([](auto& one) { one.first.signal(SIGUSR1); }, 1, {}, immortal{{pair_ttl}});
    all.print("SIGSTOP, no kill");
    BOOST_TEST(all.overlaps == pairs);
}

// The tool that comes with etcd: a command under its lock goes on when the tool does not.
BOOST_AUTO_TEST_CASE(etcdctl_lock_overlaps)
{
    NEEDS_ETCD();
    const auto tool = etcd::program("etcdctl");
    if (tool.empty()) DAEMONKIT_SKIP("etcdctl is needed (Debian: etcd-client)");
    const etcd::cluster members(3);
    BOOST_REQUIRE_MESSAGE(members.ready(), members.why());
    const temporary_directory place;
    const auto acts = place / "acts";
    const auto start = [&](const std::string& token) {
        const pid_t child = ::fork();
        if (child == 0) {
            ::setpgid(0, 0);
            ::_exit(execute({tool, "--endpoints", members.url(0), "lock", "--ttl", "2", "clientd", "--", "/bin/sh",
                             "-c", "while echo " + token + " 0 >>" + acts.string() + "; do sleep 0.02; done"}));
        }
        return child;
    };
    const pid_t first = start("1");
    BOOST_TEST(eventually([&] { return !terms_in(acts).empty(); }));
    ::kill(first, SIGSTOP);
    const pid_t second = start("2");
    BOOST_TEST(eventually([&] { return terms_in(acts).back().token == 2; }));
    BOOST_TEST(eventually([&] { return !rise(terms_in(acts)); }));
    for (const pid_t group : {first, second}) {
        ::kill(-group, SIGKILL);
        put_down(group);
    }
    std::printf("etcdctl lock, SIGSTOP: two owners\n");
}

BOOST_AUTO_TEST_SUITE_END()
