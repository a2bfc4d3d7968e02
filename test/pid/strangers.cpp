// SPDX-License-Identifier: BSL-1.0
// Processes that look like the daemon of a pid file and are not: their abstract sockets have its names, or a user's
// file names a process that is not wholly that user's.
#include "pid/both_policies.hpp"
#include "support/program.hpp"
#include "support/skip.hpp"
#include "support/user.hpp"

#include <fcntl.h>
#include <sys/syscall.h>

#include <string>
#include <type_traits>
#include <vector>

namespace {

constexpr uid_t third_user = 1;

void give(const fs::path& path, uid_t user) { BOOST_TEST_REQUIRE(::chown(path.c_str(), user, user) == 0); }

/// The numbers of the sockets that a process has open.
std::vector<int> sockets_of(pid_t process)
{
    std::vector<int> sockets;
    for (const int fd : open_descriptors(process))
        if (proc_link(process, "fd/" + std::to_string(fd)).starts_with("socket:")) sockets.push_back(fd);
    return sockets;
}

/// Opens the sockets of another process, as if it had passed them. Returns how many; -1: not possible here.
int open_sockets_of(pid_t process)
{
    const sys::unique_fd owner(sys::pidfd_open(process));
    int opened = 0;
    for (const int fd : sockets_of(process)) {
        if (::syscall(SYS_pidfd_getfd, owner.get(), fd, 0) == -1) return -1;
        ++opened;
    }
    return opened;
}

/// A child of the calling process that no fork handler has seen: an ordinary user's program that still has these open.
pid_t keeper_of(const std::vector<int>& sockets)
{
    const auto child = static_cast<pid_t>(::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr));
    if (child != 0) return child;
    for (const int fd : sockets) ::fcntl(fd, F_SETFD, 0);
    if (become_user(nobody)) ::execlp("sleep", "sleep", "1000", nullptr);
    ::_exit(127);
}

/// What root finds, and what every verb does, beside a stranger who is not the daemon.
template <class Policy>
void expect_no_daemon_but_our_own(const Policy& policy, pid_t stranger)
{
    BOOST_TEST(!policy.find());
    const auto others = in_child([&] { return become_user(third_user) && !policy.find() ? 0 : 1; });
    BOOST_TEST(others.status == 0, "another user sees none either: " << others.err);
    {
        other_process daemon(daemon_of(policy));
        BOOST_TEST(daemon.hear() == 1);
        BOOST_TEST(policy.find().pid == daemon.pid());
        expect_running(policy, daemon.pid());
        daemon.go();
        BOOST_TEST(daemon.status() == 0);
    }
    BOOST_TEST(!policy.find());

    program verbs("exposed");
    verbs.pid_file = policy.path;
    verbs.environment = {"LOG=" + (verbs.directory / "log").string(),
                         std::string("PID_POLICY=") +
                             (std::is_same_v<Policy, daemonkit::pid_file> ? "pid_file" : "flock_pid_file")};
    BOOST_TEST(verbs({"status"}).status == 3);
    BOOST_TEST(verbs({"stop"}).out == "exposed: not running\n");
    BOOST_TEST(verbs({"start"}).status == 0);
    const auto pid = std::to_string(verbs.pid());
    BOOST_TEST(contains(verbs({"status"}).out, "running (pid " + pid + ")"));
    BOOST_TEST(contains(verbs({"start"}).out, "already running (pid " + pid + ")"));
    BOOST_TEST(contains(verbs({"stop"}).out, "stopped (pid " + pid));
    BOOST_TEST(verbs({"status"}).status == 3);
    BOOST_TEST_REQUIRE(alive(stranger), "no verb has ended the stranger");
}

} // namespace

#define NEEDS_ROOT() \
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root, to act as other users")

BOOST_AUTO_TEST_SUITE(pid_file_strangers, *boost::unit_test::label("root"))

// The directory was his, so that he could start a daemon there and has the very names. They prove nothing in a
// directory that is root's.
BOOST_AUTO_TEST_CASE(who_made_sockets_with_the_names_are_not_the_daemon)
{
    NEEDS_ROOT();
    with_both([](auto make) {
        const temporary_directory top;
        fs::create_directory(top / "run");
        const auto policy = make(top / "run/daemon.pid");
        give(top / "run", nobody);
        other_process stranger(
            [&](const other_process& self) { return become_user(nobody) ? daemon_of(policy)(self) : 2; });
        BOOST_TEST_REQUIRE(stranger.hear() == 1);
        give(top / "run", 0);
        fs::remove(policy.path);
        expect_no_daemon_but_our_own(policy, stranger.pid());
        stranger.go();
        BOOST_TEST(stranger.status() == 0);
    });
}

BOOST_AUTO_TEST_CASE(who_were_given_the_sockets_are_not_the_daemon)
{
    NEEDS_ROOT();
    with_both([](auto make) {
        const temporary_directory top;
        const auto policy = make(top / "daemon.pid");
        other_process daemon(daemon_of(policy));
        BOOST_TEST_REQUIRE(daemon.hear() == 1);
        const other_process stranger([&](const other_process& self) {
            self.say(open_sockets_of(daemon.pid()));
            if (!become_user(nobody)) return 2;
            self.say(1);
            self.await();
            return 0;
        });
        const int passed = stranger.hear();
        if (passed == -1) DAEMONKIT_SKIP("the descriptors of another process cannot be had here");
        BOOST_TEST(passed > 0);
        BOOST_TEST_REQUIRE(stranger.hear() == 1);
        fs::remove(policy.path);
        BOOST_TEST(policy.find().pid == daemon.pid(), "the daemon itself is found all the same");
        expect_running(policy, daemon.pid());
        daemon.kill();
        expect_no_daemon_but_our_own(policy, stranger.pid());
    });
}

BOOST_AUTO_TEST_CASE(who_kept_the_sockets_across_exec_are_not_the_daemon)
{
    NEEDS_ROOT();
    with_both([](auto make) {
        const temporary_directory top;
        const auto policy = make(top / "daemon.pid");
        other_process daemon([&](const other_process& self) {
            auto guard = policy.claim();
            guard.publish(::getpid());
            self.say(keeper_of(sockets_of(::getpid())));
            self.await();
            return 0;
        });
        const pid_t stranger = daemon.hear();
        BOOST_TEST_REQUIRE(stranger > 0);
        BOOST_TEST(eventually([&] { return proc_link(stranger, "exe") != proc_link(::getpid(), "exe"); }));
        fs::remove(policy.path);
        BOOST_TEST(policy.find().pid == daemon.pid());
        daemon.kill();
        expect_no_daemon_but_our_own(policy, stranger);
        put_down(stranger);
    });
}

// He writes the file, so he chooses the process: it must be one that he could signal himself, whatever way root asks.
BOOST_AUTO_TEST_CASE(who_have_only_some_ids_of_the_owner_are_not_the_daemon_of_his_file)
{
    NEEDS_ROOT();
    const uid_t users[] = {0, third_user, nobody};
    with_both([&](auto make) {
        for (const uid_t real : users)
            for (const uid_t effective : users)
                for (const uid_t saved : users)
                    BOOST_TEST_CONTEXT("real " << real << ", effective " << effective << ", saved " << saved)
                    {
                        const temporary_directory top;
                        give(top.path(), nobody);
                        const auto policy = make(top / "daemon.pid");
                        const bool his = real == nobody && effective == nobody && saved == nobody;
                        // It publishes as his process, and goes back to root before it gets its ids.
                        other_process named([&](const other_process& self) {
                            if (::setresgid(nobody, nobody, 0) == -1 || ::setresuid(nobody, nobody, 0) == -1) return 2;
                            auto guard = policy.claim();
                            guard.publish(::getpid());
                            if (::setresuid(0, 0, 0) == -1 || ::setresuid(real, effective, saved) == -1) return 2;
                            self.say(1);
                            self.await();
                            ::_exit(0);
                        });
                        BOOST_TEST_REQUIRE(named.hear() == 1);
                        for (const bool by_file : {true, false}) {
                            if (!by_file) fs::remove(policy.path);
                            BOOST_TEST_CONTEXT((by_file ? "by its file" : "by its abstract socket"))
                            {
                                if (his) {
                                    BOOST_TEST(policy.find().pid == named.pid());
                                    expect_running(policy, named.pid());
                                } else {
                                    expect_refusal([&] { (void)policy.find(); }, "belongs to user nobody (65534)");
                                    expect_refusal([&] { (void)policy.claim(); }, "belongs to user nobody (65534)");
                                }
                            }
                        }
                    }
    });
}

BOOST_AUTO_TEST_SUITE_END()
