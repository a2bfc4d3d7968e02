// SPDX-License-Identifier: BSL-1.0
// Our StdioPolicies through the kit.
#include <daemonkit/stdio.hpp>
#include <daemonkit/testing/stdio_policy.hpp>

namespace {

using boost::filesystem::path;
using daemonkit::testing::stdio_policy_tests;

const stdio_policy_tests null_stdio_tests("null_stdio", [](const path&) { return daemonkit::null_stdio{}; });
const stdio_policy_tests log_file_tests("log_file_stdio",
                                        [](const path& d) { return daemonkit::log_file_stdio{.output = d / "log"}; });
const stdio_policy_tests two_log_files_tests("log_file_stdio_with_two_files", [](const path& d) {
    return daemonkit::log_file_stdio{.output = d / "logs/out", .error = d / "logs/err"};
});
const stdio_policy_tests inherit_stdio_tests("inherit_stdio", [](const path&) { return daemonkit::inherit_stdio{}; });

} // namespace
