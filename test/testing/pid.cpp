// SPDX-License-Identifier: BSL-1.0
// Our PidPolicies through the kit.
#include <daemonkit/pid.hpp>
#include <daemonkit/testing/pid_policy.hpp>

namespace {

using daemonkit::testing::pid_policy_tests;
using directory = boost::filesystem::path;

const pid_policy_tests pid_file_tests("pid_file", [](const directory& d) {
    return daemonkit::pid_file{.path = d / "made/daemon.pid"};
});
const pid_policy_tests flock_pid_file_tests("flock_pid_file", [](const directory& d) {
    return daemonkit::flock_pid_file{.path = d / "daemon.pid"};
});
const pid_policy_tests no_pid_file_tests("no_pid_file", [](const directory&) { return daemonkit::no_pid_file{}; });

} // namespace
