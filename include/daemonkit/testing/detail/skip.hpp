// SPDX-License-Identifier: BSL-1.0
// A test that is not possible here prints the reason, by which CTest reports it as skipped: SKIP_REGULAR_EXPRESSION.
#pragma once

#include <boost/test/results_collector.hpp>
#include <boost/test/unit_test.hpp>

#include <iostream>
#include <string>

namespace daemonkit::testing::detail {

/// Prints the line by which CTest recognises a skipped test, unless a check has failed already.
inline void report_skipped(const std::string& reason)
{
    using namespace boost::unit_test;
    if (results_collector.results(framework::current_test_case_id()).passed())
        std::cout << "SKIPPED: " << reason << std::endl;
}

} // namespace daemonkit::testing::detail
