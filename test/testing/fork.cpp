// SPDX-License-Identifier: BSL-1.0
// Our ForkPolicies through the kit.
#include <daemonkit/fork.hpp>
#include <daemonkit/testing/fork_policy.hpp>

namespace {

using boost::filesystem::path;
using daemonkit::testing::fork_policy_tests;

const fork_policy_tests single_fork_tests("single_fork", [](const path&) { return daemonkit::single_fork{}; });
const fork_policy_tests double_fork_tests("double_fork", [](const path&) { return daemonkit::double_fork{}; });
const fork_policy_tests no_fork_tests("no_fork", [](const path&) { return daemonkit::no_fork{}; });

// Not under sanitizers and valgrind.
struct handoff_fork_tests
{
    handoff_fork_tests()
    {
        if (!daemonkit::sys::memory_can_be_shared()) return;
        fork_policy_tests("handoff_fork", [](const path&) { return daemonkit::handoff_fork{}; });
    }
};
const handoff_fork_tests where_memory_can_be_shared;

} // namespace
