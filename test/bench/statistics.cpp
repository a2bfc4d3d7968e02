// SPDX-License-Identifier: BSL-1.0
// The statistics of bench/ on values of which the answer is known.
#include "../../bench/support/statistics.hpp"

#include <boost/test/unit_test.hpp>

using namespace bench;

namespace {

sample of(const std::vector<double>& values)
{
    sample all;
    for (const double value : values) all.add(value);
    return all;
}

/// Around `middle`, evenly spread.
std::vector<double> spread(double middle, double width, int count)
{
    std::vector<double> values;
    for (int i = 0; i < count; ++i) values.push_back(middle + width * (2.0 * i / (count - 1) - 1));
    return values;
}

} // namespace

BOOST_AUTO_TEST_SUITE(statistics)

BOOST_AUTO_TEST_CASE(quantiles_lie_between_the_values)
{
    const auto values = of({4, 1, no_value, 3, 2});
    BOOST_TEST(values.quantile(0) == 1);
    BOOST_TEST(values.quantile(0.5) == 2.5);
    BOOST_TEST(values.quantile(1) == 4);
    BOOST_TEST(values.result().runs == 4U);
}

BOOST_AUTO_TEST_CASE(the_interval_is_around_the_median_and_shrinks_with_more_rounds)
{
    double width = 1;
    for (const int count : {25, 100, 400}) {
        const auto all = median_with_interval(spread(2, 1, count));
        BOOST_TEST(all.value == 2, boost::test_tools::tolerance(1e-9));
        BOOST_TEST(all.low < 2);
        BOOST_TEST(all.high > 2);
        BOOST_TEST(all.high - all.low < width);
        BOOST_TEST(all.rounds == static_cast<std::size_t>(count));
        // The median of n values spread evenly over 2 has a standard deviation of 1 / sqrt(n).
        BOOST_TEST(all.high - all.low == 3.92 / std::sqrt(count), boost::test_tools::tolerance(0.25));
        width = all.high - all.low;
    }
}

BOOST_AUTO_TEST_CASE(the_same_values_give_the_same_interval)
{
    const auto one = median_with_interval(spread(1, 0.5, 77));
    const auto other = median_with_interval(spread(1, 0.5, 77));
    BOOST_TEST(one.low == other.low);
    BOOST_TEST(one.high == other.high);
}

BOOST_AUTO_TEST_CASE(a_ratio_pairs_the_values_of_a_round)
{
    // The machine becomes ten times slower in between; one is 5 % slower than the other in each round.
    sample one, other;
    for (int round = 0; round < 40; ++round) {
        const double time = round < 20 ? 100 : 1000;
        other.add(time);
        one.add(round == 7 ? no_value : 1.05 * time);
    }
    const auto ratio = ratio_of(one, other);
    BOOST_TEST(ratio.value == 1.05, boost::test_tools::tolerance(1e-9));
    BOOST_TEST(ratio.high - ratio.low < 1e-9);
    BOOST_TEST(ratio.rounds == 39U);
}

BOOST_AUTO_TEST_CASE(a_time_that_is_too_short_to_be_seen_makes_a_large_ratio)
{
    const auto ratio = ratio_of(of({2, 2, 2, 2, 2, 2, 2, 0}), of({1, 1, 1, 1, 1, 0, 0, 0}));
    BOOST_TEST(ratio.rounds == 7U); // 0 / 0 says nothing
    BOOST_TEST(ratio.value == 2);
    BOOST_TEST(ratio.low == 2);
    BOOST_TEST(std::isinf(ratio.high));
}

BOOST_AUTO_TEST_CASE(an_interval_holds_the_truth_nineteen_times_in_twenty)
{
    std::mt19937_64 random(7); // NOLINT(*-msc51-cpp): the same values each time
    std::lognormal_distribution<double> time(5, 0.2);
    int held = 0;
    constexpr int times = 200;
    for (int i = 0; i < times; ++i) {
        sample one, other;
        for (int round = 0; round < 31; ++round) {
            one.add(time(random));
            other.add(time(random));
        }
        const auto ratio = ratio_of(one, other);
        held += ratio.low <= 1 && ratio.high >= 1;
    }
    BOOST_TEST(held >= 0.90 * times);
    BOOST_TEST(held <= 0.99 * times);
}

BOOST_AUTO_TEST_CASE(a_goal_is_judged_by_the_whole_interval)
{
    const interval measured{1.02, 1.01, 1.04, 50};
    BOOST_TEST((judge(measured, 1.04) == verdict::met));
    BOOST_TEST((judge(measured, 1.03) == verdict::cannot_be_told));
    BOOST_TEST((judge(measured, 1.005) == verdict::missed));
    BOOST_TEST((judge(measured, 1.01, false) == verdict::met));
    BOOST_TEST((judge(measured, 1.03, false) == verdict::cannot_be_told));
    BOOST_TEST((judge(measured, 1.05, false) == verdict::missed));
    BOOST_TEST((judge(exactly(0), 0) == verdict::met));
    BOOST_TEST((judge(exactly(1), 0) == verdict::missed));
}

BOOST_AUTO_TEST_CASE(a_few_rounds_or_none_tell_nothing)
{
    BOOST_TEST((judge(median_with_interval({1, 2, 1, 2, 1}), 100) == verdict::cannot_be_told));
    BOOST_TEST((judge(median_with_interval({3, 3, 3}), 3) == verdict::met)); // counts that never differ
    BOOST_TEST((judge(ratio_of(of({1, 2}), of({})), 100) == verdict::cannot_be_told));
}

BOOST_AUTO_TEST_SUITE_END()
