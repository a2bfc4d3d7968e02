// SPDX-License-Identifier: BSL-1.0
// How many rounds a race of bench/ has, with contenders whose times are known.
#include "../../bench/support/race.hpp"

#include <boost/test/unit_test.hpp>

using namespace bench;
using namespace std::chrono_literals;

namespace {

/// From `middle` - 10 % to `middle` + 10 %, spread evenly in any number of rounds.
race::measure around(double middle, int& calls)
{
    return [middle, &calls] {
        const double golden = 0.618034 * ++calls;
        return std::vector{middle * (0.9 + 0.2 * (golden - std::floor(golden)))};
    };
}

race::measure always(double value, int& calls)
{
    return [value, &calls] { return ++calls, std::vector{value}; };
}

} // namespace

BOOST_AUTO_TEST_SUITE(race_of_contenders)

BOOST_AUTO_TEST_CASE(a_goal_that_can_be_told_needs_no_more_rounds)
{
    int ours = 0, other = 0;
    race all;
    const auto first = all.add(around(100, ours)), second = all.add(always(200, other));
    const ratio_goal goal{"", "", first, second, 1};
    all.run({.least = 20, .budget = 60s}, {goal});
    BOOST_TEST(ours == 21); // the first time does not count
    BOOST_TEST(all.of(first).rounds().size() == 20U);
    BOOST_TEST((judge(all.ratio(goal), goal.bound) == verdict::met));
}

BOOST_AUTO_TEST_CASE(programs_are_laid_anew_before_each_round)
{
    int calls = 0;
    std::vector<int> before;
    race all;
    all.add(always(1, calls));
    all.run({.least = 3}, {}, [&] { before.push_back(calls); });
    BOOST_TEST(before == (std::vector{1, 2, 3}), boost::test_tools::per_element()); // the first time does not count
    BOOST_TEST(calls == 4);
}

BOOST_AUTO_TEST_CASE(rounds_are_added_until_a_goal_can_be_told)
{
    int ours = 0, other = 0;
    race all;
    const auto first = all.add(around(101, ours)), second = all.add(always(100, other));
    const ratio_goal goal{"", "", first, second, 1};
    all.run({.least = 10, .budget = 600s}, {goal});
    BOOST_TEST(all.of(first).rounds().size() > 10U);
    BOOST_TEST((judge(all.ratio(goal), goal.bound) == verdict::missed));
}

BOOST_AUTO_TEST_CASE(a_goal_at_its_bound_cannot_be_told_and_costs_no_more_than_the_budget)
{
    race all;
    const auto first = all.add([n = 0]() mutable { return std::vector{n++ % 2 == 0 ? 0.9 : 1.1}; });
    const auto second = all.add([] { return std::vector{1.0}; });
    const ratio_goal goal{"", "", first, second, 1};
    all.run({.least = 10, .budget = 0s}, {goal});
    BOOST_TEST(all.of(first).rounds().size() == 10U);
    BOOST_TEST((judge(all.ratio(goal), goal.bound) == verdict::cannot_be_told));
}

BOOST_AUTO_TEST_CASE(only_contenders_of_goals_that_cannot_be_told_go_on)
{
    int ours = 0, near = 0, far = 0;
    race all;
    const auto first = all.add(around(101, ours));
    const auto second = all.add(always(100, near)), third = all.add(always(300, far));
    all.run({.least = 10, .budget = 600s}, {{"", "", first, second, 1}, {"", "", first, third, 1}});
    BOOST_TEST(far == 11);
    BOOST_TEST(near > 11);
    BOOST_TEST(all.of(third).rounds().size() == all.of(second).rounds().size()); // the rounds stay paired
    BOOST_TEST(all.of(second).result().runs == 10U);                             // medians are of the rounds of all
    BOOST_TEST(all.of(third).result().runs == 10U);
}

BOOST_AUTO_TEST_CASE(a_contender_may_be_absent_in_a_round)
{
    race all;
    const auto one = all.add([n = 0]() mutable { return n++ % 2 == 0 ? std::vector{1.0} : std::vector<double>{}; });
    all.run({.least = 10});
    BOOST_TEST(all.of(one).result().runs == 5U);
}

BOOST_AUTO_TEST_SUITE_END()
