// SPDX-License-Identifier: BSL-1.0
// Our StdioPolicies through the kit.
#include <daemonkit/stdio.hpp>
#include <daemonkit/testing/stdio_policy.hpp>

#include <sys/socket.h>
#include <sys/un.h>

#include <cstdlib>

namespace {

using boost::filesystem::path;
using daemonkit::testing::stdio_policy_tests;

/// A syslog daemon in this directory that reads nothing.
daemonkit::configured_stdio to_syslog_in(const path& d)
{
    sockaddr_un address{AF_UNIX, {}};
    const auto path = (d / "log").string();
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == -1) std::abort();
    return {.to = daemonkit::log_target::syslog, .syslog_socket = path};
}

const stdio_policy_tests null_stdio_tests("null_stdio", [](const path&) { return daemonkit::null_stdio{}; });
const stdio_policy_tests log_file_tests("log_file_stdio",
                                        [](const path& d) { return daemonkit::log_file_stdio{.output = d / "log"}; });
const stdio_policy_tests two_log_files_tests("log_file_stdio_with_two_files", [](const path& d) {
    return daemonkit::log_file_stdio{.output = d / "logs/out", .error = d / "logs/err"};
});
const stdio_policy_tests inherit_stdio_tests("inherit_stdio", [](const path&) { return daemonkit::inherit_stdio{}; });
const stdio_policy_tests configured_null_tests("configured_stdio_to_null",
                                               [](const path&) { return daemonkit::configured_stdio{}; });
const stdio_policy_tests configured_file_tests("configured_stdio_to_a_file", [](const path& d) {
    return daemonkit::configured_stdio{.to = daemonkit::log_target::file, .output = d / "log", .error = d / "err"};
});
const stdio_policy_tests configured_inherit_tests("configured_stdio_to_the_callers", [](const path&) {
    return daemonkit::configured_stdio{.to = daemonkit::log_target::inherit};
});
const stdio_policy_tests configured_syslog_tests("configured_stdio_to_syslog", to_syslog_in);

} // namespace
