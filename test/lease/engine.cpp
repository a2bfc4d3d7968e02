// SPDX-License-Identifier: BSL-1.0
// The engine in virtual time: every request lost, late, doubled or answered after its deadline, at every point; the
// owner frozen, stuck or stopped; clocks at different rates.
#include "simulation.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdio>

using namespace simulation;

namespace {

struct tried
{
    long runs = 0;
    long changes = 0; // of the owner
    std::string problem{};
};

/// All runs with `depth` choices. Ends at the first problem.
tried try_all(std::size_t depth, fault with)
{
    tried all;
    constexpr int most = daemonkit::lease_timing::clock_rate_percent;
    for (int what = 0; what < static_cast<int>(trouble::count); ++what)
        for (const int slow : {0, most, -most}) {
            choices chosen(depth);
            do {
                world one(chosen, with, slow, static_cast<trouble>(what));
                one.run();
                ++all.runs;
                all.changes += one.changes();
                if (!one.what().empty()) {
                    all.problem = one.what() + ": trouble " + std::to_string(what) + ", slow " + std::to_string(slow) +
                                  ", choices " + chosen.text();
                    return all;
                }
            } while (chosen.next());
        }
    return all;
}

void expect_none(std::size_t depth)
{
    const auto all = try_all(depth, fault::none);
    BOOST_TEST(all.problem == "");
    std::printf("%ld runs with %zu choices each, %ld changes of the owner, never two owners\n", all.runs, depth,
                all.changes);
}

void expect(fault with, const std::string& problem)
{
    const auto all = try_all(4, with);
    std::printf("refuted after %ld runs: %s\n", all.runs, all.problem.c_str());
    BOOST_TEST(all.problem.starts_with(problem));
}

} // namespace

BOOST_AUTO_TEST_SUITE(engine)

BOOST_AUTO_TEST_CASE(never_two_owners) { expect_none(4); }

BOOST_AUTO_TEST_CASE(never_two_owners_deeper, *boost::unit_test::label("slow")) { expect_none(5); }

BOOST_AUTO_TEST_SUITE(refutes)

BOOST_AUTO_TEST_CASE(deadlines_from_the_answer) { expect(fault::from_answer, "two owners"); }

BOOST_AUTO_TEST_CASE(no_soft_loss) { expect(fault::no_soft_loss, "an owner is killed that was not told to end"); }

BOOST_AUTO_TEST_CASE(no_kill) { expect(fault::no_kill, "two owners"); }

BOOST_AUTO_TEST_CASE(kill_without_margin) { expect(fault::kill_at_expiry, "two owners"); }

BOOST_AUTO_TEST_CASE(clocks_beyond_the_bound) { expect(fault::fast_store, "two owners"); }

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
