// SPDX-License-Identifier: BSL-1.0
//
// A test that is not possible here prints the reason and is reported as "Skipped", never as "Passed".
#pragma once

#include <boost/test/results_collector.hpp>
#include <boost/test/unit_test.hpp>

#include <iostream>
#include <string>

namespace support {

/// Prints the line by which CTest recognises a skipped test, unless a check has failed already.
inline void report_skipped(const std::string& reason)
{
    using namespace boost::unit_test;
    if (results_collector.results(framework::current_test_case_id()).passed()) {
        std::cout << "SKIPPED: " << reason << std::endl;
    }
}

} // namespace support

/// Leaves the running test case as skipped: `if (::geteuid() != 0) DAEMONKIT_SKIP("needs root");`
#define DAEMONKIT_SKIP(reason)             \
    do {                                   \
        ::support::report_skipped(reason); \
        return;                            \
    } while (false)
