// SPDX-License-Identifier: BSL-1.0
// A hundred changes of the owner of each kind, many pairs of daemons at a time: never two owners, and how long nothing
// owns the lease. Prints a table.
#include "cluster.hpp"

#include "lease/leading.hpp"

#include "support/frozen.hpp"

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
    pair_of_daemons(const daemonkit::etcd_store& of_first, const daemonkit::etcd_store& of_second,
                    const LeaseTiming& timing, behaviour how)
        : store(of_second), first([=, this] { return lead(of_first, timing, acts, how); }), owned(first.says("owner ")),
          second([=, this] { return lead(of_second, lease_timing{timing.ttl}, acts); }),
          waits(second.says("standing by")), acted(eventually([this] { return !terms_in(acts).empty(); }))
    {
    }

    daemonkit::etcd_store store;
    temporary_directory place{};
    boost::filesystem::path acts = place / "acts";
    child_process first;
    bool owned;
    child_process second;
    bool waits;
    bool acted;
};
using all_pairs = std::vector<std::unique_ptr<pair_of_daemons>>;
using misfortune = std::function<void(const all_pairs&, etcd::cluster&)>;

/// To each owner alone.
misfortune to_each(const std::function<void(pair_of_daemons&)>& befall)
{
    return [=](const all_pairs& all, etcd::cluster&) {
        for (const auto& one : all) befall(*one);
    };
}
misfortune signal_to_each(int number)
{
    return to_each([=](auto& one) { one.first.signal(number); });
}

struct table
{
    int changes = 0;
    int overlaps = 0;
    std::vector<long long> gaps{}; // in milliseconds

    void print(const char* kind, std::chrono::milliseconds ttl = pair_ttl)
    {
        std::sort(gaps.begin(), gaps.end());
        std::printf("%-24s %3d changes, %d overlaps, gap: median %lld ms, longest %lld ms (TTL %lld ms)\n", kind,
                    changes, overlaps, gaps.empty() ? 0 : gaps[gaps.size() / 2], gaps.empty() ? 0 : gaps.back(),
                    static_cast<long long>(ttl.count()));
    }
};

struct options
{
    int how_many = rounds;
    behaviour how{};
    bool one_endpoint = false; ///< the first daemons know the last member only
};

/// Many pairs; `befall` does something to their owners, or to etcd.
template <class LeaseTiming = lease_timing>
table follow(const misfortune& befall, options with = {}, const LeaseTiming& timing = {pair_ttl})
{
    table all;
    for (int round = 0; round < with.how_many; ++round) {
        etcd::cluster members(3); // for each round: the end of a pair ends every child of this process
        BOOST_REQUIRE_MESSAGE(members.ready(), members.why());
        all_pairs some;
        for (int i = 0; i < pairs; ++i) {
            const auto store = members.store("clientd-" + std::to_string(i));
            auto of_first = store;
            if (with.one_endpoint) of_first.endpoints = {store.endpoints.back()};
            some.push_back(std::make_unique<pair_of_daemons>(of_first, store, timing, with.how));
            BOOST_TEST((some.back()->owned && some.back()->waits && some.back()->acted));
        }
        befall(some, members);
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

void expect_no_overlap(const char* kind, table all, std::chrono::milliseconds ttl = pair_ttl)
{
    all.print(kind, ttl);
    BOOST_TEST(all.changes == pairs * rounds);
    BOOST_TEST(all.overlaps == 0);
}

} // namespace

BOOST_AUTO_TEST_SUITE(many, *boost::unit_test::label("slow") * boost::unit_test::label("etcd"))

BOOST_AUTO_TEST_CASE(orderly_ends)
{
    NEEDS_ETCD();
    expect_no_overlap("orderly end", follow(signal_to_each(SIGTERM)));
}

BOOST_AUTO_TEST_CASE(crashes)
{
    NEEDS_ETCD();
    expect_no_overlap("kill -9", follow(signal_to_each(SIGKILL)));
}

BOOST_AUTO_TEST_CASE(stopped_owners)
{
    NEEDS_ETCD();
    expect_no_overlap("SIGSTOP", follow(signal_to_each(SIGSTOP)));
}

BOOST_AUTO_TEST_CASE(frozen_owners, *boost::unit_test::label("root"))
{
    NEEDS_ETCD();
    auto group = std::make_unique<freezable>(freezable::version::two);
    const child_process waiting([] {
        child_process::await();
        return 0;
    });
    if (!group->holds(waiting.pid())) DAEMONKIT_SKIP("needs root and version 2 of cgroups");
    expect_no_overlap("cgroup freezer", follow([&](const all_pairs& all, etcd::cluster&) {
                          group.reset();
                          group = std::make_unique<freezable>(freezable::version::two);
                          BOOST_TEST(group->holds(all[0]->first.pid()));
                          for (const auto& one : all)
                              BOOST_TEST(write_file(group->inner() / "cgroup.procs", std::to_string(one->first.pid())));
                          BOOST_TEST(group->freeze(group->inner()));
                      }));
}

BOOST_AUTO_TEST_CASE(stuck_owners)
{
    NEEDS_ETCD();
    expect_no_overlap("stuck run()",
                      follow(to_each([](auto&) {}), {.how = {.stuck = true}}, lease_timing{pair_ttl, 1s}));
}

BOOST_AUTO_TEST_CASE(asked_owners)
{
    NEEDS_ETCD();
    expect_no_overlap("key deleted", follow(to_each([](auto& one) {
                          one.store.open({pair_ttl, -1}).ask_release(etcd::boot_clock::now() + 5s);
                      })));
}

BOOST_AUTO_TEST_CASE(owners_cut_off)
{
    NEEDS_ETCD();
    expect_no_overlap("cut off",
                      follow([](const auto&, etcd::cluster& members) { members.freeze(2); }, {.one_endpoint = true}));
}

BOOST_AUTO_TEST_CASE(no_quorum)
{
    NEEDS_ETCD();
    expect_no_overlap("quorum lost and back", follow([](const all_pairs& all, etcd::cluster& members) {
                          members.freeze(0);
                          members.freeze(1);
                          for (const auto& one : all) BOOST_TEST(one->first.says("lost: late"));
                          members.thaw(0);
                          members.thaw(1);
                      }));
}

BOOST_AUTO_TEST_CASE(killed_leaders)
{
    NEEDS_ETCD();
    int lost = 0;
    expect_no_overlap("leader killed, then TERM",
                      follow(
                          [&](const all_pairs& all, etcd::cluster& members) {
                              const auto leader = members.leader();
                              BOOST_REQUIRE(leader < members.size());
                              members.kill(leader);
                              BOOST_TEST(members.ready());
                              for (const auto& one : all) {
                                  one->first.signal(SIGTERM);
                                  BOOST_TEST(one->first.says("released"));
                                  lost += static_cast<int>(one->first.heard().find("lost") != std::string::npos);
                              }
                          },
                          {}, lease_timing{10s}),
                      10s);
    BOOST_TEST(lost == 0);
}

BOOST_AUTO_TEST_CASE(stopped_owners_without_the_kill_overlap)
{
    NEEDS_ETCD();
    auto all = follow(signal_to_each(SIGUSR1), {.how_many = 1}, immortal{{pair_ttl}});
    all.print("SIGSTOP, no kill");
    BOOST_TEST(all.overlaps >= pairs / 2); // by chance an act of the old owner can come first
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
}

BOOST_AUTO_TEST_SUITE_END()
