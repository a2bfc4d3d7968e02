// SPDX-License-Identifier: BSL-1.0
// A hundred changes of the owner of each kind: never two owners, and how long nothing owns the lease. Prints a table.
#include "pairs.hpp"

#include "support/frozen.hpp"
#include "support/text.hpp"

using daemonkit::lease_timing;
using namespace etcd;
using namespace std::chrono_literals;

namespace {

/// The kernel does not kill, and the owner does not notice.
struct immortal : lease_timing
{
    [[nodiscard]] static constexpr std::chrono::nanoseconds soft() { return 1h; }
    [[nodiscard]] static constexpr std::chrono::nanoseconds kill() { return 2h; }
};

/// Ends all owners in order. None of them has lost its lease before.
void end_in_order(const all_pairs& all)
{
    for (const auto& one : all) {
        one->first.signal(SIGTERM);
        BOOST_TEST(one->first.says("released"));
        BOOST_TEST(!contains(one->first.heard(), "lost"));
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(many, *boost::unit_test::label("slow") * boost::unit_test::label("etcd"))

BOOST_AUTO_TEST_CASE(orderly_ends)
{
    NEEDS_ETCD();
    expect_no_overlap("orderly end", follow(signal_to_each(SIGTERM), {.status = 0}, lease_timing{10s}), 10s);
}

BOOST_AUTO_TEST_CASE(crashes)
{
    NEEDS_ETCD();
    expect_no_overlap("kill -9", follow(signal_to_each(SIGKILL), {.status = killed}));
}

BOOST_AUTO_TEST_CASE(restarts_on_the_crashed_host)
{
    NEEDS_ETCD();
    expect_no_overlap("kill -9, started again", follow(to_each([](auto& one) {
                                                           one.first.signal(SIGKILL);
                                                           one.start_second();
                                                       }),
                                                       {.status = killed, .alone = true}));
}

BOOST_AUTO_TEST_CASE(stopped_owners)
{
    NEEDS_ETCD();
    expect_no_overlap("SIGSTOP", follow(signal_to_each(SIGSTOP), {.status = killed}));
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
    const auto freeze = [&](const all_pairs& all, cluster&) {
        group.reset();
        group = std::make_unique<freezable>(freezable::version::two);
        BOOST_TEST(group->holds(all[0]->first.pid()));
        for (const auto& one : all)
            BOOST_TEST(write_file(group->inner() / "cgroup.procs", std::to_string(one->first.pid())));
        BOOST_TEST(group->freeze(group->inner()));
    };
    expect_no_overlap("cgroup freezer", follow(freeze, {.status = killed}));
}

BOOST_AUTO_TEST_CASE(stuck_owners)
{
    NEEDS_ETCD();
    expect_no_overlap("stuck run()", follow(to_each([](auto&) {}), {.status = killed, .how = {.stuck = true}},
                                            lease_timing{pair_ttl, 1s}));
}

BOOST_AUTO_TEST_CASE(asked_owners)
{
    NEEDS_ETCD();
    expect_no_overlap(
        "key deleted",
        follow(to_each([](auto& one) { one.store.open({pair_ttl, -1}).ask_release(boot_clock::now() + 5s); }),
               {.status = 0}, lease_timing{10s}),
        10s);
}

BOOST_AUTO_TEST_CASE(owners_cut_off)
{
    NEEDS_ETCD();
    const auto cut = [](const auto&, cluster& members) { members.freeze(2); };
    expect_no_overlap("cut off", follow(cut, {.status = 75, .one_endpoint = true}));
}

BOOST_AUTO_TEST_CASE(owners_cut_off_that_never_wait)
{
    NEEDS_ETCD();
    const auto cut = [](const auto&, cluster& members) { members.freeze(2); };
    expect_no_overlap("cut off, never waits", follow(cut, {.status = 75, .one_endpoint = true, .how = {.busy = true}}));
}

BOOST_AUTO_TEST_CASE(no_quorum)
{
    NEEDS_ETCD();
    const auto lose = [](const all_pairs& all, cluster& members) {
        members.freeze(0);
        members.freeze(1);
        for (const auto& one : all) BOOST_TEST(one->first.says("lost: late"));
        members.thaw(0);
        members.thaw(1);
    };
    expect_no_overlap("quorum lost and back", follow(lose, {.status = 75}));
}

BOOST_AUTO_TEST_CASE(killed_leaders)
{
    NEEDS_ETCD();
    const auto kill = [](const all_pairs& all, cluster& members) {
        const auto leader = members.leader();
        BOOST_REQUIRE(leader < members.size());
        members.kill(leader);
        BOOST_TEST(members.ready());
        end_in_order(all);
    };
    expect_no_overlap("leader killed, then TERM", follow(kill, {.status = 0}, lease_timing{10s}), 10s);
}

BOOST_AUTO_TEST_CASE(frozen_leaders)
{
    NEEDS_ETCD();
    const auto freeze = [](const all_pairs& all, cluster& members) {
        const auto leader = members.leader();
        BOOST_REQUIRE(leader < members.size());
        members.freeze(leader);
        BOOST_TEST(all_go_on(all));
        end_in_order(all); // before etcd revokes leases because its old leader goes on
    };
    expect_no_overlap("member frozen, then TERM", follow(freeze, {.status = 0}, lease_timing{10s}), 10s);
}

// The clocks of both hosts of a pair. The owner goes on, on a busy machine, too, and its timer kills it in time.
BOOST_AUTO_TEST_CASE(set_clocks)
{
    NEEDS_ETCD();
    const auto set = [](const all_pairs& all, cluster&) {
        for (const std::chrono::hours more : {1h, -1h}) {
            for (const auto& one : all) one->clock.set(more);
            const auto said = "wall clock: " + std::to_string(more.count()) + " h\n";
            for (const auto& one : all) BOOST_TEST((one->first.says(said) && one->second->says(said)));
            BOOST_TEST(all_go_on(all));
        }
        for (const auto& one : all) {
            BOOST_TEST(!contains(one->first.heard(), "lost"));
            BOOST_TEST(!contains(one->second->heard(), "owner "));
            for (const pid_t daemon : {one->first.pid(), one->second->pid()}) {
                const auto timers = timers_of(daemon);
                BOOST_TEST(timers.all >= 3); // the kill timer, that of the driver, and that of the HTTP client
                BOOST_TEST(timers.by_wall_clock == 0);
            }
        }
        for (const auto& one : all) one->first.signal(SIGSTOP);
    };
    expect_no_overlap("clock set, then SIGSTOP", follow(set, {.status = killed}, lease_timing{10s}), 10s);
}

BOOST_AUTO_TEST_CASE(stopped_owners_without_the_kill_overlap)
{
    NEEDS_ETCD();
    auto all = follow(signal_to_each(SIGUSR1), {.status = 75, .how_many = 1}, immortal{{pair_ttl}});
    all.print("SIGSTOP, no kill");
    BOOST_TEST(all.overlaps >= pairs / 2); // by chance an act of the old owner can come first
}

// The tool that comes with etcd: a command under its lock goes on when the tool does not.
BOOST_AUTO_TEST_CASE(etcdctl_lock_overlaps)
{
    NEEDS_ETCD();
    const auto tool = program("etcdctl");
    if (tool.empty()) DAEMONKIT_SKIP("etcdctl is needed (Debian: etcd-client)");
    const cluster members(3);
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
