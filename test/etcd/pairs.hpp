// SPDX-License-Identifier: BSL-1.0
// Many pairs of daemons at a time: the first of each owns a lease, something happens to it or to etcd, and the second
// follows. Whether two owners acted at once, and how long nothing acted.
#pragma once

#include "cluster.hpp"
#include "wall_clock.hpp"

#include "lease/leading.hpp"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace etcd {

inline constexpr std::chrono::seconds pair_ttl(5);
inline constexpr int pairs = 50; // at a time
inline constexpr int rounds = 2;
inline constexpr int killed = 128 + SIGKILL;

struct pair_of_daemons
{
    template <class LeaseTiming>
    pair_of_daemons(const daemonkit::etcd_store& of_first, daemonkit::etcd_store of_second, const LeaseTiming& timing,
                    behaviour how)
        : store(std::move(of_second)), ttl(timing.ttl), first([=, this] {
              clock.use();
              return lead(of_first, timing, acts, how);
          })
    {
        BOOST_TEST(first.says("owner "));
        BOOST_TEST(eventually([this] { return last_act(acts) != last_act(acts).zero(); }));
    }

    /// The second daemon begins to stand by.
    void start_second()
    {
        second.emplace([this] {
            clock.use();
            return lead(store, daemonkit::lease_timing{ttl}, acts);
        });
        BOOST_TEST(second->says("standing by for " + std::to_string(first.pid())));
    }
    daemonkit::etcd_store store;
    std::chrono::nanoseconds ttl;
    wall_clock clock{};
    temporary_directory place{};
    boost::filesystem::path acts = place / "acts";
    child_process first;
    std::optional<child_process> second{};
};
using all_pairs = std::vector<std::unique_ptr<pair_of_daemons>>;
using misfortune = std::function<void(const all_pairs&, cluster&)>;

/// Whether all owners act for more than a TTL from now on. Then each lease was renewed.
inline bool all_go_on(const all_pairs& all)
{
    const auto until = boot_clock::now().time_since_epoch() + all[0]->ttl * 6 / 5;
    return std::all_of(all.begin(), all.end(),
                       [&](const auto& one) { return eventually([&] { return last_act(one->acts) > until; }); });
}

/// To each owner alone.
inline misfortune to_each(const std::function<void(pair_of_daemons&)>& befall)
{
    return [=](const all_pairs& all, cluster&) {
        for (const auto& one : all) befall(*one);
    };
}
inline misfortune signal_to_each(int number)
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
    int status;                ///< of the first daemon
    bool one_endpoint = false; ///< the first daemons know the last member only
    bool alone = false;        ///< the second daemons are started by what happens
    behaviour how{};
    int how_many = rounds;
};

/// Many pairs; `befall` does something to their owners, or to etcd.
template <class LeaseTiming = daemonkit::lease_timing>
table follow(const misfortune& befall, const options& with, const LeaseTiming& timing = {pair_ttl})
{
    using namespace std::chrono_literals;
    table all;
    for (int round = 0; round < with.how_many; ++round) {
        cluster members(3); // for each round: the end of a pair ends every child of this process
        BOOST_REQUIRE_MESSAGE(members.ready(), members.why());
        all_pairs some;
        for (int i = 0; i < pairs; ++i) {
            const auto store = members.store("clientd-" + std::to_string(i));
            auto of_first = store;
            if (with.one_endpoint) of_first.endpoints = {store.endpoints.back()};
            some.push_back(std::make_unique<pair_of_daemons>(of_first, store, timing, with.how));
            if (!with.alone) some.back()->start_second();
        }
        befall(some, members);
        for (const auto& one : some) {
            BOOST_TEST(one->second->says("owner "));
            one->first.signal(SIGCONT);
            BOOST_TEST(one->first.status() == with.status);
            BOOST_TEST(eventually([&] { return terms_in(one->acts).back().token > terms_in(one->acts)[0].token; }));
            const auto terms = terms_in(one->acts);
            ++all.changes;
            all.overlaps += static_cast<int>(!rise(terms) || terms.size() > 2);
            all.gaps.push_back((terms[1].first - terms[0].last) / 1ms);
        }
    }
    return all;
}

inline void expect_no_overlap(const char* kind, table all, std::chrono::milliseconds ttl = pair_ttl)
{
    all.print(kind, ttl);
    BOOST_TEST(all.changes == pairs * rounds);
    BOOST_TEST(all.overlaps == 0);
}

} // namespace etcd
