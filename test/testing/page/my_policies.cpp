// SPDX-License-Identifier: BSL-1.0
#define BOOST_TEST_MODULE my_policies
#include <boost/test/unit_test.hpp>

#include <daemonkit/testing/pid_policy.hpp>
#include <daemonkit/testing/stdio_policy.hpp>

#include "my_policies.hpp"

// A suite "my_record" with a test case for each part of the contract of a PidPolicy.
const daemonkit::testing::pid_policy_tests record_tests("my_record", [](const boost::filesystem::path& directory) {
    return my_record{.path = directory / "my.record"};
});

// The same for a StdioPolicy.
const daemonkit::testing::stdio_policy_tests log_tests("my_log", [](const boost::filesystem::path& directory) {
    return my_log{.output = directory / "my.log"};
});
