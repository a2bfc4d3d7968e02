// SPDX-License-Identifier: BSL-1.0
#include "support/text.hpp"

#include <daemonkit/control/stop_schedule.hpp>

#include <boost/test/unit_test.hpp>

#include <vector>

using namespace daemonkit;
using namespace std::chrono_literals;

namespace {

std::vector<int> signals_of(const stop_schedule& schedule)
{
    std::vector<int> signals;
    for (const auto& step : schedule) signals.push_back(step.signal);
    return signals;
}

void refused(std::initializer_list<stop_step> steps, const std::string& reason)
{
    BOOST_CHECK_EXCEPTION(stop_schedule{steps}, startup_error,
                          [&](const startup_error& e) { return e.status() == 6 && contains(e.what(), reason); });
}

} // namespace

BOOST_AUTO_TEST_SUITE(stop_schedule_)

BOOST_AUTO_TEST_CASE(asks_then_kills_by_default)
{
    const stop_schedule schedule;
    BOOST_TEST(signals_of(schedule) == (std::vector{SIGTERM, SIGKILL}), boost::test_tools::per_element());
    BOOST_TEST((schedule.begin()[0].patience == 10s));
    BOOST_TEST((schedule.begin()[1].patience == 5s));
}

BOOST_AUTO_TEST_CASE(is_the_steps_it_is_given)
{
    const stop_schedule schedule{{SIGINT, 0s}, {SIGQUIT, 1ms}, {SIGTERM, 1h}};
    BOOST_TEST(signals_of(schedule) == (std::vector{SIGINT, SIGQUIT, SIGTERM}), boost::test_tools::per_element());
    BOOST_TEST((schedule.begin()[1].patience == 1ms));
}

BOOST_AUTO_TEST_CASE(changes_the_patience_of_the_first_step_only)
{
    stop_schedule schedule;
    schedule.first_patience(3s);
    BOOST_TEST((schedule.begin()[0].patience == 3s));
    BOOST_TEST((schedule.begin()[1].patience == 5s));
}

BOOST_AUTO_TEST_CASE(refuses_what_can_never_work)
{
    const stop_step term{SIGTERM, 1s};
    refused({term, term, term, term, term, term, term, term, term}, "more than eight");
    refused({{0, 1s}}, "signal number");
    refused({{-1, 1s}}, "signal number");
    refused({{65, 1s}}, "signal number");
    refused({term, {9999, 1s}}, "signal number");
    refused({{SIGTERM, -1ns}}, "negative");
    refused({{SIGTERM, std::chrono::nanoseconds::max()}}, "longer than a year");
    BOOST_CHECK_NO_THROW((stop_schedule{term, term, term, term, term, term, term, term}));
    BOOST_CHECK_NO_THROW((stop_schedule{{64, 366 * 24h}}));
}

BOOST_AUTO_TEST_SUITE_END()
