// SPDX-License-Identifier: BSL-1.0
// Every process may write to a daemon's socket, whose name is in /proc/net/unix. A user who may not reload the daemon
// gets no answer there, cannot keep others from getting theirs, and cannot make others accept a false one.
#include "reloading.hpp"
#include "support/file.hpp"
#include "support/socket.hpp"
#include "support/text.hpp"
#include "support/user.hpp"

#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <sstream>

namespace {

/// The names of the abstract sockets that a process has open.
std::vector<std::string> socket_names(pid_t pid)
{
    std::vector<std::string> own;
    for (const int fd : open_descriptors(pid)) own.push_back(proc_link(pid, "fd/" + std::to_string(fd)));
    std::ifstream all("/proc/net/unix");
    std::vector<std::string> names;
    for (std::string line; std::getline(all, line);) {
        std::istringstream fields(line);
        std::string inode, name;
        for (int n = 0; n < 7; ++n) fields >> inode;
        fields >> name;
        if (std::find(own.begin(), own.end(), "socket:[" + inode + "]") != own.end() && name[0] == '@')
            names.push_back(name.substr(1));
    }
    return names;
}

/// The daemon's socket for requests: its name ends with the pid and a number that identifies the process.
std::string control_name(pid_t daemon)
{
    for (const auto& name : socket_names(daemon))
        if (contains(name, "/" + std::to_string(daemon) + ".")) return name;
    return {};
}

/// A connected datagram socket with a name of its own, as a caller has it; -1 and errno.
int connected_to(const std::string& name)
{
    const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const socket_address to("@" + name);
    if (::bind(fd, to.get(), sizeof to.address.sun_family) == -1) return -1;
    if (::connect(fd, to.get(), to.size) == 0) return fd;
    ::close(fd);
    return -1;
}

/// A process of another user that runs `body` until the test ends it. It prints a word first, for says().
child_process stranger(const std::function<int()>& body)
{
    return child_process([body] {
        if (!become_user(1)) return 125;
        child_process::say("begins");
        return body();
    });
}

#define NEEDS_ROOT() \
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root, to act as other users")

} // namespace

BOOST_AUTO_TEST_SUITE(strangers, *boost::unit_test::label("root"))

BOOST_AUTO_TEST_CASE(a_user_who_may_not_reload_gets_no_reason)
{
    NEEDS_ROOT();
    for (const strings& user : {strings{}, strings{"RUN_AS=nobody"}})
        for (const auto& policy : every_policy) BOOST_TEST_CONTEXT(policy.signals << ' ' << policy.pid << user.size())
            {
                const reloading daemon(policy, user);
                for (const char* const suffix : {".begun", ".done"}) {
                    write_file(daemon.config.string() + suffix, "");
                    fs::permissions(daemon.config.string() + suffix, fs::perms(0666));
                }
                const pid_t pid = daemon.started();
                BOOST_REQUIRE(pid != 0);
                const auto name = control_name(pid);
                BOOST_TEST_REQUIRE(name != "");
                auto curious = stranger([&] {
                    const int fd = connected_to(name);
                    if (::send(fd, "?", 1, 0) != 1) return 1;
                    child_process::say("asked");
                    child_process::await(); // by now root has received its answer
                    char text[2048];
                    return ::recv(fd, text, sizeof text, 0) == -1 && errno == EAGAIN ? 0 : 2;
                });
                BOOST_TEST_REQUIRE(curious.says("asked\n"));
                daemon.configure("1 refuse the password is x");
                const auto refused = daemon.reload();
                BOOST_TEST(contains(refused.err, "the password is x"), refused.err);
                curious.go();
                BOOST_TEST(curious.status() == 0, "a request of a user who may not ask was answered");
                daemon.stop();
            }
}

BOOST_AUTO_TEST_CASE(a_flood_suppresses_no_answer)
{
    NEEDS_ROOT();
    for (const auto& policy : every_policy) BOOST_TEST_CONTEXT(policy.signals << ' ' << policy.pid)
        {
            const reloading daemon(policy);
            const pid_t pid = daemon.started();
            BOOST_REQUIRE(pid != 0);
            const auto name = control_name(pid);
            auto flood = stranger([&] {
                const int fd = connected_to(name);
                for (const std::string big(60'000, '?');;) ::send(fd, big.data(), big.size(), 0);
                return 0;
            });
            BOOST_TEST_REQUIRE(flood.says("begins\n"));
            for (int generation = 1; generation <= 4; ++generation) {
                const auto text = std::to_string(generation);
                daemon.configure(generation % 2 == 0 ? text + " refuse because of " + text : text);
                const auto said = daemon.reload();
                BOOST_TEST(said.status == (generation % 2 == 0 ? 1 : 0), said.err);
                if (generation % 2 == 0) BOOST_TEST(contains(said.err, "because of " + text), said.err);
                const auto done = daemon.done();
                BOOST_TEST(std::atoi(done.back().c_str()) == generation);
            }
            put_down(flood.pid());
            daemon.stop();
        }
}

BOOST_AUTO_TEST_CASE(a_taken_name_hides_no_result)
{
    NEEDS_ROOT();
    for (const auto& policy : every_policy) BOOST_TEST_CONTEXT(policy.signals << ' ' << policy.pid)
        {
            const reloading daemon(policy);
            const auto name = [&] {
                const auto control = control_name(daemon.started());
                daemon.stop();
                return control.substr(0, control.rfind('/'));
            }();
            BOOST_TEST_REQUIRE(name != "");
            auto squatter = stranger([&] {
                const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
                if (!bind_socket(fd, "@" + name)) return 1;
                child_process::say("has it");
                child_process::await();
                return 0;
            });
            BOOST_TEST_REQUIRE(squatter.says("has it\n"));
            const pid_t pid = daemon.started();
            daemon.configure("1");
            BOOST_TEST(daemon.reload().out == daemon.success(pid));
            daemon.configure("2 refuse because of 2");
            const auto refused = daemon.reload();
            BOOST_TEST(refused.status == 1);
            BOOST_TEST(contains(refused.err, "because of 2"), refused.err);
            daemon.stop();
            squatter.go();
            BOOST_TEST(squatter.status() == 0);
        }
}

BOOST_AUTO_TEST_CASE(no_other_process_can_answer_for_the_daemon)
{
    NEEDS_ROOT();
    for (const bool root : {true, false}) BOOST_TEST_CONTEXT("as root " << root)
        {
            const reloading daemon({"signalfd", "flock"});
            const pid_t pid = daemon.started();
            BOOST_REQUIRE(pid != 0);
            daemon.configure_to_wait("1");
            auto asker = daemon.asks();
            BOOST_TEST(daemon.begins("1"));
            const auto names = socket_names(asker.pid());
            BOOST_TEST_REQUIRE(names.size() == 1U);
            // The kernel lets only the daemon send to it, and a message from another process would not be accepted.
            const auto forge = [&] {
                const int fd = connected_to(names[0]);
                return fd != -1 && ::send(fd, "+", 1, 0) == 1 ? 1 : 0;
            };
            const auto forged = in_child([&] {
                if (!root && ::setresuid(1, 1, 1) == -1) return 125;
                return forge();
            });
            BOOST_TEST(forged.status == 0);
            BOOST_TEST(!ends(asker.pid(), std::chrono::milliseconds(20)), asker.heard());
            daemon.configure("2 refuse never asked for");
            daemon.let_go();
            BOOST_TEST(asker.status() == 0);
            BOOST_TEST(asker.everything() == daemon.success(pid));
            daemon.stop();
        }
}

BOOST_AUTO_TEST_SUITE_END()
