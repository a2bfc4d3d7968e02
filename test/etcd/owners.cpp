// SPDX-License-Identifier: BSL-1.0
// Two daemons and three members of etcd: whatever happens to an owner or to etcd, the owners act one after the other.
#include "cluster.hpp"

#include "lease/leading.hpp"

#include "support/file.hpp"

#include <daemonkit/lease/timing.hpp>

using daemonkit::lease_timing;
using namespace std::chrono_literals;

namespace {

struct three_members
{
    three_members()
    {
        if (!members.ready()) BOOST_TEST_MESSAGE(members.why());
    }
    [[nodiscard]] int lead_with(const daemonkit::etcd_store& store, std::chrono::nanoseconds ttl,
                                behaviour how = {}) const
    {
        return lead(store, lease_timing{ttl, how.stuck ? 100ms : 0ms}, acts, how);
    }
    [[nodiscard]] int lead_here(std::chrono::nanoseconds ttl = 3s, behaviour how = {}) const
    {
        return lead_with(members.store(), ttl, how);
    }
    /// Checks that the owners have followed each other, and prints the gaps.
    void check(std::size_t owners) const
    {
        BOOST_TEST(eventually([&] { return terms_in(acts).size() == owners; }));
        const auto terms = terms_in(acts);
        BOOST_TEST(rise(terms));
        for (std::size_t i = 1; i < terms.size(); ++i)
            std::printf("gap %lld ms\n", static_cast<long long>((terms[i].first - terms[i - 1].last) / 1ms));
    }

    temporary_directory place{};
    boost::filesystem::path acts = place / "acts";
    etcd::cluster members{3};
};

/// The first daemon owns the lease, the second stands by.
struct first_owns : three_members
{
    explicit first_owns(std::chrono::nanoseconds ttl = 3s, behaviour how = {})
        : first([=, this] { return lead_here(ttl, how); }), owns(first.says("owner ")),
          second([=, this] { return lead_here(ttl); }),
          waits(second.says("standing by for " + std::to_string(first.pid())))
    {
        BOOST_TEST(owns);
        BOOST_TEST(waits);
        BOOST_TEST(eventually([this] { return !terms_in(acts).empty(); }));
    }
    child_process first;
    bool owns;
    child_process second;
    bool waits;
};

} // namespace

BOOST_AUTO_TEST_SUITE(owners, *boost::unit_test::label("process") * boost::unit_test::label("etcd"))

BOOST_AUTO_TEST_CASE(orderly_end)
{
    NEEDS_ETCD();
    first_owns both;
    both.first.signal(SIGTERM);
    BOOST_TEST(both.first.status() == 0);
    BOOST_TEST(both.second.says("owner "));
    both.second.signal(SIGTERM);
    BOOST_TEST(both.second.status() == 0);
    both.check(2);
}

BOOST_AUTO_TEST_CASE(owner_crashes)
{
    NEEDS_ETCD();
    first_owns both;
    both.first.signal(SIGKILL);
    BOOST_TEST(both.second.says("owner "));
    both.check(2);
}

BOOST_AUTO_TEST_CASE(owner_is_stopped)
{
    NEEDS_ETCD();
    first_owns both;
    both.first.signal(SIGSTOP);
    BOOST_TEST(both.second.says("owner "));
    BOOST_TEST(both.first.status() == 128 + SIGKILL);
    both.check(2);
}

BOOST_AUTO_TEST_CASE(owner_is_stuck)
{
    NEEDS_ETCD();
    first_owns both(3s, {.stuck = true});
    BOOST_TEST(both.second.says("owner "));
    BOOST_TEST(both.first.status() == 128 + SIGKILL);
    both.check(2);
}

BOOST_AUTO_TEST_CASE(owner_is_cut_off)
{
    NEEDS_ETCD();
    three_members here;
    auto only_last = here.members.store();
    only_last.endpoints = {here.members.url(2)};
    child_process first([&] { return here.lead_with(only_last, 3s); });
    BOOST_REQUIRE(first.says("owner "));
    child_process second([&] { return here.lead_here(); });
    BOOST_REQUIRE(second.says("standing by"));
    here.members.freeze(2);
    BOOST_TEST(first.says("lost: late"));
    BOOST_TEST(first.status() == 75);
    BOOST_TEST(second.says("owner "));
    here.members.thaw(2);
    here.check(2);
}

BOOST_AUTO_TEST_CASE(owner_outlives_the_leader)
{
    NEEDS_ETCD();
    first_owns both(10s);
    const auto leader = both.members.leader();
    BOOST_REQUIRE(leader < both.members.size());
    both.members.kill(leader);
    BOOST_TEST(both.members.leader() != leader);
    BOOST_TEST(both.members.ready());
    both.first.signal(SIGTERM);
    BOOST_TEST(both.first.says("released"));
    BOOST_TEST(both.first.heard().find("lost") == std::string::npos);
    BOOST_TEST(both.second.says("owner "));
    both.check(2);
}

BOOST_AUTO_TEST_CASE(owner_outlives_a_frozen_member)
{
    NEEDS_ETCD();
    first_owns both(6s);
    const auto leader = both.members.leader();
    BOOST_REQUIRE(leader < both.members.size());
    const auto other = (leader + 1) % both.members.size();
    both.members.freeze(other);
    const auto begun = last_act(both.acts);
    BOOST_TEST(eventually([&] { return last_act(both.acts) > begun + 7s; })); // more than a TTL
    both.members.thaw(other);
    BOOST_TEST(both.first.heard().find("lost") == std::string::npos);
    both.first.signal(SIGTERM);
    BOOST_TEST(both.second.says("owner "));
    both.check(2);
}

// An election takes one to two seconds. When the frozen leader goes on, etcd may end the lease, see lease/README.md: then
// the owner is told, and the other daemon follows.
BOOST_AUTO_TEST_CASE(owner_outlives_a_frozen_leader)
{
    NEEDS_ETCD();
    first_owns both(10s);
    const auto leader = both.members.leader();
    BOOST_REQUIRE(leader < both.members.size());
    both.members.freeze(leader);
    const auto begun = last_act(both.acts);
    BOOST_TEST(eventually([&] { return last_act(both.acts) > begun + 11s; })); // more than a TTL
    BOOST_TEST(both.first.heard().find("lost") == std::string::npos);
    both.members.thaw(leader);
    BOOST_TEST(both.members.ready());
    both.first.signal(SIGTERM);
    BOOST_TEST(both.second.says("owner "));
    both.check(2);
}

BOOST_AUTO_TEST_CASE(without_a_quorum_nothing_owns)
{
    NEEDS_ETCD();
    first_owns both;
    both.members.freeze(0);
    both.members.freeze(1);
    BOOST_TEST(both.first.says("lost: late"));
    BOOST_TEST(both.first.status() == 75);
    BOOST_TEST(both.second.says("error: cannot "));
    BOOST_TEST(both.second.heard().find("owner ") == std::string::npos);
    both.members.thaw(0);
    both.members.thaw(1);
    BOOST_TEST(both.second.says("owner "));
    both.check(2);
}

BOOST_AUTO_TEST_CASE(deleted_key_makes_the_owner_step_down)
{
    NEEDS_ETCD();
    first_owns both;
    both.members.store().open({3s, -1}).ask_release(etcd::boot_clock::now() + 5s);
    BOOST_TEST(both.first.says("asked"));
    BOOST_TEST(both.first.status() == 0);
    BOOST_TEST(both.second.says("owner "));
    both.check(2);
}

BOOST_AUTO_TEST_CASE(owner_after_a_loss_by_force_stays)
{
    NEEDS_ETCD();
    first_owns both;
    (void)both.members.call(0, "/v3/kv/deleterange",
                            "{\"key\":\"" + daemonkit::sys::to_base64("clientd/lease") + "\"}");
    BOOST_TEST(both.second.says("owner "));
    BOOST_TEST(both.first.status() == 75);
    const auto begun = last_act(both.acts);
    BOOST_TEST(eventually([&] { return last_act(both.acts) > begun + 4s; })); // several renewals
    BOOST_TEST(both.second.heard().find("asked") == std::string::npos);
    both.second.signal(SIGTERM);
    BOOST_TEST(both.second.status() == 0);
}

BOOST_AUTO_TEST_CASE(owner_crashes_and_is_started_again)
{
    NEEDS_ETCD();
    three_members here;
    child_process first([&] { return here.lead_here(); });
    BOOST_REQUIRE(first.says("owner "));
    BOOST_REQUIRE(eventually([&] { return !terms_in(here.acts).empty(); }));
    first.signal(SIGKILL);
    child_process again([&] { return here.lead_here(); });
    BOOST_TEST(again.says("standing by for " + std::to_string(first.pid()))); // its lease has not expired
    BOOST_TEST(again.says("owner "));
    again.signal(SIGTERM);
    BOOST_TEST(again.status() == 0);
    here.check(2);
}

BOOST_AUTO_TEST_SUITE_END()
