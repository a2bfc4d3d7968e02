// SPDX-License-Identifier: BSL-1.0
// What another user of the host does to a daemon of root: takes its names in the kernel, locks its pid file. Each verb
// answers as if he were not there, and the number of its system calls does not depend on how much he has.
#include "hostile/besieged.hpp"
#include "support/become.hpp"
#include "support/child_process.hpp"
#include "support/file.hpp"
#include "support/skip.hpp"
#include "support/socket.hpp"
#include "support/text.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <memory>

namespace {

constexpr uid_t stranger = 1;

#define NEEDS_ROOT() \
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root, to act as other users")

/// A search of sockets is bounded, so the sockets of tests that run at the same time must not be among them.
#define NEEDS_NETWORK_OF_ITS_OWN() \
    if (::unshare(CLONE_NEWNET) == -1) DAEMONKIT_SKIP("needs a network namespace of its own")

/// The first abstract name of a daemon: the one without a pid.
std::string first_name(const fs::path& pid_file)
{
    std::ifstream all("/proc/net/unix");
    const auto end = "/" + pid_file.filename().string();
    for (std::string line; std::getline(all, line);)
        if (const auto at = line.find(" @daemonkit/"); at != std::string::npos && line.ends_with(end))
            return line.substr(at + 2);
    return {};
}

/// A daemon with a pid file of a name that no other test uses: it is looked up in the whole namespace.
struct named : besieged
{
    explicit named(const std::string& policy, const std::vector<std::string>& more = {}) : besieged(policy, more)
    {
        pid_file = directory / ("strangers-" + std::to_string(::getpid()) + ".pid");
    }
    /// Its first name, by starting it once.
    [[nodiscard]] std::string name_in_kernel() const
    {
        BOOST_TEST_REQUIRE((*this)({"start"}).status == 0);
        auto found = first_name(pid_file);
        BOOST_TEST_REQUIRE(found != "");
        BOOST_TEST(stop_again() == "");
        return found;
    }
};

/// A process of the stranger that holds these names, and as many processes and descriptors as he likes.
child_process squatter(const std::string& first, int processes, int descriptors)
{
    return child_process([=] {
        if (!become_user(stranger)) return 125;
        const auto take = [](const std::string& name) {
            const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
            return bind_socket(fd, "@" + name);
        };
        if (!take(first)) return 124;
        for (int i = 0; i < descriptors; ++i)
            if (::open("/dev/null", O_RDONLY | O_CLOEXEC) == -1) return 123;
        for (int i = 0; i < processes; ++i) {
            const pid_t child = ::fork();
            if (child == 0) {
                take(first + "/" + std::to_string(::getpid()) + ".1.1");
                child_process::say("x");
                for (;;) ::pause();
            }
        }
        for (;;) ::pause();
        return 0;
    });
}

/// How many system calls by which something is looked up the process of a verb makes.
long calls_of(const besieged& daemon, const std::string& verb, const fs::path& trace, int status)
{
    std::vector<std::string> words{"strace", "-qq", "-o", trace.string()};
    for (const auto& word : daemon.command({verb})) words.push_back(word);
    const auto said = run(words);
    BOOST_TEST(said.status == status, verb << ": " << said.status << said.out << said.err);
    const auto lines = read_lines(trace);
    return std::count_if(lines.begin(), lines.end(), [](const auto& line) {
        return contains(line, "socket(") || contains(line, "openat(") || contains(line, "stat(");
    });
}

/// A process of the stranger that holds a lock of a file which he may only read. The process that took it has ended.
std::unique_ptr<child_process> locker(const fs::path& file, bool by_fcntl)
{
    return std::make_unique<child_process>([=] {
        if (!become_user(stranger)) return 125;
        const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
        struct flock range = {};
        range.l_type = F_RDLCK;
        if (by_fcntl ? ::fcntl(fd, F_OFD_SETLK, &range) == -1 : ::flock(fd, LOCK_EX) == -1) return 124;
        if (::fork() != 0) return 0;
        child_process::say("locked");
        for (;;) ::pause();
        return 0;
    });
}

} // namespace

BOOST_AUTO_TEST_SUITE(strangers, *boost::unit_test::label("root"))

BOOST_AUTO_TEST_CASE(who_holds_the_name_changes_no_answer_and_no_cost)
{
    NEEDS_ROOT();
    if (run({"strace", "true"}).status != 0) DAEMONKIT_SKIP("strace cannot trace here");
    for (const auto* const policy : pid_policies) BOOST_TEST_CONTEXT(policy)
        {
            const named daemon(policy, {without_leak_sanitizer()}); // which does not work below strace
            const auto name = daemon.name_in_kernel();
            const auto trace = daemon.directory / "trace";
            std::vector<long> cost;
            for (const int processes : {0, 50}) {
                auto he = squatter(name, processes, 10 * processes);
                BOOST_TEST(eventually([&] { return first_name(daemon.pid_file) == name; }));
                for (int i = 0; i < processes; ++i) BOOST_TEST_REQUIRE(he.says("x\n"));
                cost.push_back(calls_of(daemon, "status", trace, 3));
                cost.push_back(calls_of(daemon, "stop", trace, 0));
                cost.push_back(calls_of(daemon, "start", trace, 0));
                const pid_t pid = daemon.pid();
                BOOST_TEST(contains(daemon({"status"}).out, "running (pid " + std::to_string(pid) + ")"));
                BOOST_TEST(contains(daemon({"start"}).out, "already running (pid " + std::to_string(pid) + ")"));
                BOOST_TEST(daemon({"reload"}).status == 0);
                BOOST_TEST(daemon.stop_again() == "");
            }
            BOOST_TEST(std::equal(cost.begin(), cost.begin() + 3, cost.begin() + 3));
        }
}

// The daemon cannot make the file again after it has dropped its privileges.
BOOST_AUTO_TEST_CASE(who_holds_the_name_hides_no_daemon_without_its_file)
{
    NEEDS_ROOT();
    NEEDS_NETWORK_OF_ITS_OWN();
    for (const auto* const policy : pid_policies) BOOST_TEST_CONTEXT(policy)
        {
            named daemon(policy);
            fs::permissions(daemon.directory.path(), fs::perms(0755));
            auto he = squatter(daemon.name_in_kernel(), 3, 0);
            fs::remove(daemon.log); // it is root's
            daemon.environment.push_back("RUN_AS=nobody");
            for (int i = 0; i < 3; ++i) BOOST_TEST_REQUIRE(he.says("x\n"));
            BOOST_TEST_REQUIRE(daemon({"start"}).status == 0);
            const pid_t pid = daemon.pid();
            const auto running = "running (pid " + std::to_string(pid) + ")";
            fs::remove(daemon.pid_file);
            for (int i = 0; i < 2; ++i) {
                for (const uid_t user : {uid_t{0}, nobody}) {
                    const auto status = run(as_user(user) + daemon.command({"status"}));
                    BOOST_TEST((status.status == 0 && contains(status.out, running)), status.out << status.err);
                }
                const auto start = daemon({"start"});
                BOOST_TEST((start.status == 0 && contains(start.out, "already " + running)), start.out << start.err);
                BOOST_TEST(daemon.processes() == std::vector<pid_t>{pid});
                BOOST_TEST(daemon({"reload"}).status == 0); // it looks for its file
            }
            BOOST_TEST(contains(daemon({"stop"}).out, "stopped (pid " + std::to_string(pid)));
            BOOST_TEST(daemon.nobody_left());
            BOOST_TEST(daemon({"status"}).status == 3);
            BOOST_TEST(daemon({"start"}).status == 0);
            BOOST_TEST(daemon({"stop"}).status == 0);
        }
}

BOOST_AUTO_TEST_CASE(who_holds_the_name_prevents_no_daemon_from_making_its_file_again)
{
    NEEDS_ROOT();
    NEEDS_NETWORK_OF_ITS_OWN();
    const named daemon("flock_pid_file");
    auto he = squatter(daemon.name_in_kernel(), 1, 0);
    BOOST_TEST_REQUIRE(he.says("x\n"));
    BOOST_TEST_REQUIRE(daemon({"start"}).status == 0);
    const pid_t pid = daemon.pid();
    for (int i = 0; i < 2; ++i) {
        fs::remove(daemon.pid_file);
        BOOST_TEST(daemon({"reload"}).status == 0);
        BOOST_TEST(eventually([&] { return daemon.pid() == pid; }));
        BOOST_TEST(contains(daemon({"status"}).out, "running (pid " + std::to_string(pid) + ")"));
    }
    BOOST_TEST(daemon.stop_again() == "");
}

BOOST_AUTO_TEST_CASE(who_holds_the_name_and_many_sockets_costs_a_bounded_search)
{
    NEEDS_ROOT();
    NEEDS_NETWORK_OF_ITS_OWN();
    if (run({"strace", "true"}).status != 0) DAEMONKIT_SKIP("strace cannot trace here");
    const named daemon("flock_pid_file", {without_leak_sanitizer()});
    const auto name = daemon.name_in_kernel();
    const auto parts = [&](int processes, int sockets) {
        child_process he([=] {
            if (!become_user(stranger)) return 125;
            for (int i = 0; i < processes; ++i) {
                if (::fork() != 0) continue;
                const rlimit many{6'000, 6'000};
                if (::setrlimit(RLIMIT_NOFILE, &many) == -1) return 124;
                for (int n = 0; n < sockets; ++n)
                    if (!bind_socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0),
                                     "@" + name + (i + n == 0 ? "" : "/" + std::to_string(i * sockets + n))))
                        return 124;
                child_process::say("x");
                for (;;) ::pause();
            }
            for (;;) ::pause();
            return 0;
        });
        for (int i = 0; i < processes; ++i) BOOST_TEST_REQUIRE(he.says("x\n"));
        const auto trace = daemon.directory / "trace";
        BOOST_TEST(run(strings{"strace", "-qq", "-o", trace.string()} + daemon.command({"status"})).status == 3);
        BOOST_TEST(daemon({"start"}).status == 0);
        BOOST_TEST(daemon.stop_again() == "");
        const auto lines = read_lines(trace);
        return std::count_if(lines.begin(), lines.end(), [](const auto& line) { return contains(line, "recvfrom("); });
    };
    const auto few = parts(1, 1);
    const auto many = parts(5, 5'000);
    BOOST_TEST(few < 40);
    BOOST_TEST(many > few);
    BOOST_TEST(many < 40);
}

BOOST_AUTO_TEST_CASE(a_lock_of_a_reader_holds_up_no_start)
{
    NEEDS_ROOT();
    for (const auto* const policy : pid_policies)
        for (const bool whole_range : {false, true})
            for (const bool crashed : {true, false})
                BOOST_TEST_CONTEXT(policy << ", by fcntl " << whole_range << ", after a crash " << crashed)
                {
                    // Where it drops its privileges, the daemon leaves an emptied file.
                    using words = std::vector<std::string>;
                    const named daemon(policy, crashed ? words{} : words{"RUN_AS=nobody"});
                    fs::permissions(daemon.directory.path(), fs::perms(0755));
                    BOOST_TEST_REQUIRE(daemon({"start"}).status == 0);
                    const auto pid = daemon.pid();
                    ::kill(pid, crashed ? SIGKILL : SIGTERM);
                    BOOST_TEST(ends(pid));
                    BOOST_TEST_REQUIRE(fs::exists(daemon.pid_file));
                    const auto he = locker(daemon.pid_file, whole_range);
                    BOOST_TEST_REQUIRE(he->says("locked\n"));
                    BOOST_TEST(daemon({"status"}).status == (crashed ? 1 : 3));
                    const auto start = daemon({"start"});
                    BOOST_TEST(start.status == 0, start.out << start.err);
                    BOOST_TEST(contains(daemon({"start"}).out, "already running"));
                    BOOST_TEST(daemon({"stop"}).status == 0);
                }
}

BOOST_AUTO_TEST_CASE(a_lock_of_a_reader_is_passed_by_where_the_file_cannot_be_replaced)
{
    NEEDS_ROOT();
    for (const auto* const policy : pid_policies) BOOST_TEST_CONTEXT(policy)
        {
            const named daemon(policy);
            fs::permissions(daemon.directory.path(), fs::perms(0755));
            for (const auto& file : {daemon.pid_file, daemon.log}) {
                write_file(file, "");
                give_to_nobody(file);
            }
            const auto he = locker(daemon.pid_file, false);
            BOOST_TEST_REQUIRE(he->says("locked\n"));
            const auto as_nobody = [&](const std::string& verb) {
                auto words = as_user(nobody);
                for (const auto& word : daemon.command({verb})) words.push_back(word);
                return run(words);
            };
            const auto start = as_nobody("start");
            BOOST_TEST(start.status == 0, start.out << start.err);
            BOOST_TEST(contains(as_nobody("start").out, "already running"));
            BOOST_TEST(as_nobody("stop").status == 0);
        }
}

BOOST_AUTO_TEST_SUITE_END()
