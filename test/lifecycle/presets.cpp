// SPDX-License-Identifier: BSL-1.0
// The presets have the parts they name, each part can be replaced, and unused parts are not in the program.
#include "support/process.hpp"
#include "support/skip.hpp"
#include "support/text.hpp"

#include <daemonkit/presets.hpp>

#include <boost/test/unit_test.hpp>

using namespace daemonkit;

namespace {

struct d;

static_assert(
    std::is_same_v<sysv_daemon<d>, basic_daemon<d, double_fork, flock_pid_file, signalfd_signals, null_stdio>>);
static_assert(std::is_same_v<sysv_daemon<d>, basic_daemon<d>>); // the default parts are those of a SysV daemon
static_assert(
    std::is_same_v<bsd_daemon<d>, basic_daemon<d, single_fork, flock_pid_file, self_pipe_signals, null_stdio>>);
static_assert(std::is_same_v<systemd_daemon<d>,
                             basic_daemon<d, no_fork, no_pid_file, signalfd_signals, inherit_stdio, service_notify>>);
static_assert(
    std::is_same_v<container_daemon<d>, basic_daemon<d, no_fork, no_pid_file, reaping_signals, inherit_stdio>>);
static_assert(
    std::is_same_v<universal_daemon<d>,
                   basic_daemon<d, double_fork, flock_pid_file, reaping_signals, null_stdio, service_notify>>);

// One part replaced, and each of them.
static_assert(std::is_same_v<sysv_daemon<d, pid_file>, basic_daemon<d, double_fork, pid_file>>);
static_assert(std::is_same_v<sysv_daemon<d, pid_file, flag_signals, log_file_stdio, single_fork>,
                             basic_daemon<d, single_fork, pid_file, flag_signals, log_file_stdio>>);
static_assert(std::is_same_v<bsd_daemon<d, pid_file, flag_signals, log_file_stdio, double_fork>,
                             basic_daemon<d, double_fork, pid_file, flag_signals, log_file_stdio>>);
static_assert(std::is_same_v<systemd_daemon<d, pid_file, flag_signals, log_file_stdio, single_fork>,
                             basic_daemon<d, single_fork, pid_file, flag_signals, log_file_stdio, service_notify>>);
static_assert(std::is_same_v<systemd_daemon<d, pid_file, flag_signals, log_file_stdio, single_fork, no_notify>,
                             basic_daemon<d, single_fork, pid_file, flag_signals, log_file_stdio>>);
// The order of basic_daemon, and any other, is right.
static_assert(std::is_same_v<sysv_daemon<d, single_fork, pid_file, flag_signals, log_file_stdio, service_notify>,
                             basic_daemon<d, single_fork, pid_file, flag_signals, log_file_stdio, service_notify>>);
static_assert(std::is_same_v<sysv_daemon<d, service_notify, log_file_stdio, flag_signals, pid_file, single_fork>,
                             basic_daemon<d, single_fork, pid_file, flag_signals, log_file_stdio, service_notify>>);
static_assert(std::is_same_v<container_daemon<d, pid_file, flag_signals, log_file_stdio, single_fork>,
                             basic_daemon<d, single_fork, pid_file, flag_signals, log_file_stdio>>);

// A preset of a user.
template <class D>
using ours = sysv_daemon<D, no_pid_file>;
static_assert(std::is_same_v<ours<d>, basic_daemon<d, double_fork, no_pid_file>>);

struct in_container : container_daemon<in_container>
{
    int run() { return 3; }
};
static_assert(!in_container::can_be_found && !in_container::hears_reload());

struct logging : sysv_daemon<logging, flock_pid_file, signalfd_signals, log_file_stdio>
{
    int run() { return 0; }
};
static_assert(logging::can_be_found && logging::hears_reload()); // for its log, without an on_reload()

} // namespace

BOOST_AUTO_TEST_SUITE(presets)

BOOST_AUTO_TEST_CASE(a_container_daemon_needs_no_settings)
{
    const auto seen = in_child([] {
        const auto result = in_container{}.start({});
        return result.in_launcher ? 1 : int(result);
    });
    BOOST_TEST(seen.status == 3);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(bare, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(unused_parts_are_not_in_the_program)
{
#if defined(__SANITIZE_ADDRESS__)
    DAEMONKIT_SKIP("sanitizers bring all of it along");
#endif
    const std::string program = std::string(DAEMONKIT_TEST_DAEMON_DIR) + "/bare";
    BOOST_TEST(run({program}).status == 17); // it lives and ends as run() says
    const auto imported = run({"nm", "-D", "--undefined-only", program});
    if (imported.status == 127) DAEMONKIT_SKIP("nm is not installed");
    BOOST_REQUIRE(imported.status == 0);
    BOOST_REQUIRE(contains(imported.out, "__libc_start_main")); // nm lists what it should
    std::istringstream lines(imported.out);
    const std::set<std::string> unwanted{"fork",           "vfork", "clone",      "setsid",      "flock",
                                         "pipe",           "pipe2", "socketpair", "sigaction",   "signal",
                                         "signalfd",       "ppoll", "poll",       "sigprocmask", "__register_atfork",
                                         "pthread_atfork", "kill",  "waitpid",    "dup2",        "setvbuf"};
    for (std::string line; std::getline(lines, line);) {
        auto name = line.substr(line.find_last_of(' ') + 1);
        name = name.substr(0, name.find('@'));
        BOOST_TEST(unwanted.count(name) == 0U, name);
    }
    const auto all = run({"nm", "-C", program});
    for (const char* part : {"launcher_link", "double_fork", "pid_file_guard", "signalfd", "caught_signals", "log_file",
                             "fork_handler", "boost::"})
        BOOST_TEST(!contains(all.out, part), part);
}

BOOST_AUTO_TEST_SUITE_END()
