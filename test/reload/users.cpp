// SPDX-License-Identifier: BSL-1.0
// Which user may ask, and which gets the answer: root, the daemon's user, others; daemons with another user or another
// root.
#include "reloading.hpp"
#include "support/file.hpp"
#include "support/text.hpp"
#include "support/user.hpp"

namespace {

const strings as_nobody = as_user(nobody);
const strings as_stranger = as_user(1);

/// Lets every user access its configuration and output: this is not about file permissions.
void open_to_all(const reloading& daemon)
{
    fs::permissions(daemon.directory.path(), fs::perms(0777));
    for (const char* const suffix : {".begun", ".done"}) {
        write_file(daemon.config.string() + suffix, "");
        fs::permissions(daemon.config.string() + suffix, fs::perms(0666));
    }
}

void expect_true_answers(const reloading& daemon, pid_t pid, const strings& launcher)
{
    daemon.configure("1");
    const auto taken = daemon.reload(launcher);
    BOOST_TEST(taken.status == 0, taken.err);
    BOOST_TEST(taken.out == daemon.success(pid));
    daemon.configure("2 refuse line 7 makes no sense");
    const auto refused = daemon.reload(launcher);
    BOOST_TEST(refused.status == 1);
    BOOST_TEST(contains(refused.err, "line 7 makes no sense"), refused.err);
}

#define NEEDS_ROOT() \
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root, to act as other users")

} // namespace

BOOST_AUTO_TEST_SUITE(users, *boost::unit_test::label("root"))

BOOST_AUTO_TEST_CASE(a_daemon_that_dropped_its_privileges_answers_root_and_its_user)
{
    NEEDS_ROOT();
    for (const auto& policy : every_policy) BOOST_TEST_CONTEXT(policy.signals << ' ' << policy.pid)
        {
            reloading daemon(policy, {"RUN_AS=nobody"});
            // The pid file is in a directory of root's: a user who may write there could choose which process root
            // asks.
            daemon.pid_file = daemon.directory / "run" / "d.pid";
            fs::create_directory(daemon.pid_file.parent_path());
            open_to_all(daemon);
            fs::permissions(daemon.directory.path(), fs::perms(01777));
            const pid_t pid = daemon.started();
            BOOST_REQUIRE(pid != 0);
            BOOST_TEST(proc_status(pid, "Uid").starts_with("65534"));
            for (const auto& launcher : {strings{}, as_nobody}) expect_true_answers(daemon, pid, launcher);
            const auto stranger = daemon.reload(as_stranger);
            BOOST_TEST(stranger.status == 4);
            BOOST_TEST(contains(stranger.err, "Operation not permitted"), stranger.err);
            BOOST_TEST(!contains(stranger.err, "line 7"), stranger.err);
            daemon.stop();
        }
}

BOOST_AUTO_TEST_CASE(a_daemon_of_root_s_answers_root_only)
{
    NEEDS_ROOT();
    for (const auto& policy : every_policy) BOOST_TEST_CONTEXT(policy.signals << ' ' << policy.pid)
        {
            const reloading daemon(policy);
            const pid_t pid = daemon.started();
            BOOST_REQUIRE(pid != 0);
            daemon.configure("1");
            for (const auto& launcher : {as_nobody, as_stranger}) {
                const auto refused = daemon.reload(launcher);
                BOOST_TEST(refused.status == 4);
                BOOST_TEST(contains(refused.err, "Operation not permitted"), refused.err);
            }
            BOOST_TEST(daemon.begun().empty());
            expect_true_answers(daemon, pid, {});
            daemon.stop();
        }
}

BOOST_AUTO_TEST_CASE(a_daemon_in_another_root_directory)
{
    NEEDS_ROOT();
    for (const auto& policy : every_policy)
        for (const strings& user : {strings{}, strings{"RUN_AS=nobody"}})
            BOOST_TEST_CONTEXT(policy.signals << ' ' << policy.pid << ' ' << user.size())
            {
                const temporary_directory root;
                // Inside, its configuration has the same path.
                const reloading daemon(policy,
                                       user + strings{"ROOT=" + root.path().string(), without_leak_sanitizer()});
                const auto inside = root.path() / daemon.config.parent_path();
                fs::create_directories(inside);
                fs::permissions(inside, fs::perms(0777));
                const pid_t pid = daemon.started();
                BOOST_REQUIRE(pid != 0);
                const auto config = (inside / "config").string();
                write_file(config, "1");
                const auto taken = daemon.reload();
                BOOST_TEST(taken.out == daemon.success(pid), taken.err);
                write_file(config, "2 refuse line 7 makes no sense");
                const auto refused = daemon.reload();
                BOOST_TEST(refused.status == 1);
                BOOST_TEST(contains(refused.err, "line 7 makes no sense"), refused.err);
                daemon.stop();
            }
}

BOOST_AUTO_TEST_CASE(from_another_network_namespace, *boost::unit_test::label("namespace"))
{
    NEEDS_ROOT();
    const strings elsewhere{"unshare", "--net"};
    if (const auto made = run(elsewhere + strings{"true"}); made.status != 0) DAEMONKIT_SKIP(made.err);
    for (const auto& policy : every_policy) BOOST_TEST_CONTEXT(policy.signals << ' ' << policy.pid)
        {
            const reloading daemon(policy);
            const pid_t pid = daemon.started();
            BOOST_REQUIRE(pid != 0);
            daemon.configure("1");
            const auto said = daemon.reload(elsewhere);
            BOOST_TEST(said.status == 1, said.out);
            BOOST_TEST(contains(said.err, "told to reload (pid " + std::to_string(pid) + ")"), said.err);
            BOOST_TEST(contains(said.err, "the result cannot be had"), said.err);
            BOOST_TEST(eventually([&] { return daemon.done() == std::vector<std::string>{"1 taken"}; }));
            BOOST_TEST(alive(pid));
            daemon.stop();
        }
}

BOOST_AUTO_TEST_SUITE_END()
