// SPDX-License-Identifier: BSL-1.0
// Further lines of a pid file, as postmaster.pid has them: written by the library, by on_start(), by a policy of the
// user's own and by other processes. They stay, and hide no daemon.
#include "marked_keep.hpp"
#include "pid/both_policies.hpp"
#include "support/become.hpp"
#include "support/program.hpp"
#include "support/skip.hpp"
#include "support/socket.hpp"
#include "support/traced_process.hpp"
#include "support/user.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <string>
#include <vector>

namespace {

/// Whether the time stamp proves the record: a write sets both times to one value.
bool is_stamped(const fs::path& file)
{
    const auto status = status_of(file);
    return status.st_mtim.tv_sec != status.st_ctim.tv_sec || status.st_mtim.tv_nsec != status.st_ctim.tv_nsec;
}

struct announcing : program
{
    explicit announcing(const std::string& policy, const strings& more = {}) : program("announcing")
    {
        environment = strings{"PID_POLICY=" + policy} + more;
    }

    /// Calls a verb, as it is seen behind the command `from`, and checks its exit status and a part of its output.
    void expect(const std::string& verb, int status, const std::string& text, const strings& from = {}) const
    {
        const auto said = run(from + command({verb}));
        BOOST_TEST((said.status == status && contains(said.out + said.err, text)),
                   verb << " is " << status << " and says '" << text << "', it was " << said.status << ", " << said.out
                        << said.err);
    }
    /// The daemon runs, and its file has these lines after the pid.
    void expect_lines(pid_t pid, const std::string& lines) const
    {
        expect("status", 0, "running (pid " + std::to_string(pid) + ")");
        BOOST_TEST(read_file(pid_file) == line_of(pid) + lines);
    }
    pid_t starts() const
    {
        expect("start", 0, "started (pid ");
        return pid();
    }
    /// Wakes the daemon, which then looks at its file. The answer comes before that.
    void wakes() const
    {
        for (int i = 0; i < 2; ++i) expect("reload", 0, "reloaded (pid ");
    }
    void stops(pid_t pid) const
    {
        expect("stop", 0, "stopped (pid " + std::to_string(pid));
        BOOST_TEST(!fs::exists(pid_file));
    }
};

/// In another network namespace the abstract sockets prove nothing.
const strings elsewhere{"unshare", "--net"};

const strings all_policies{"pid_file", "flock_pid_file", "derived"};

} // namespace

BOOST_AUTO_TEST_SUITE(pid_file_lines, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(are_written_by_the_setting_the_policy_and_on_start)
{
    for (const auto& policy : all_policies) BOOST_TEST_CONTEXT(policy)
        {
            const announcing daemon(policy, {"EXTRA=port 1", "ADDS=port 2"});
            const std::string lines = policy == "derived" ? "port 1\nderived\nport 2\n" : "port 1\nport 2\n";
            const pid_t pid = daemon.starts();
            daemon.expect_lines(pid, lines);
            BOOST_TEST(is_stamped(daemon.pid_file), "it is found in every namespace at once");
            daemon.expect("start", 0, "already running (pid " + std::to_string(pid) + ")");
            daemon.wakes();
            daemon.expect_lines(pid, lines);
            BOOST_TEST(::utimensat(AT_FDCWD, daemon.pid_file.c_str(), nullptr, 0) == 0);
            daemon.expect_lines(pid, lines);
            daemon.wakes();
            daemon.expect_lines(pid, lines);
            daemon.stops(pid);
        }
}

BOOST_AUTO_TEST_CASE(are_written_before_privileges_are_dropped, *boost::unit_test::label("root"))
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("only root has privileges to drop");
    for (const auto& policy : all_policies) BOOST_TEST_CONTEXT(policy)
        {
            const announcing daemon(policy, {"ADDS=port 2", "RUN_AS=nobody"});
            const pid_t pid = daemon.starts();
            BOOST_TEST(proc_status(pid, "Uid").starts_with("65534"));
            BOOST_TEST(read_file(daemon.pid_file).ends_with("port 2\n"));
            BOOST_TEST(is_stamped(daemon.pid_file));
            daemon.expect("status", 0, "running (pid ", as_user(nobody));
            daemon.expect("stop", 0, "stopped (pid ");
        }
}

BOOST_AUTO_TEST_CASE(that_another_process_adds_stay)
{
    for (const auto& policy : all_policies) BOOST_TEST_CONTEXT(policy)
        {
            const announcing daemon(policy, {"EXTRA=port 1\n"});
            const std::string first = policy == "derived" ? "port 1\nderived\n" : "port 1\n";
            const pid_t pid = daemon.starts();
            BOOST_TEST(append_file(daemon.pid_file, "port 2\n"));
            daemon.expect_lines(pid, first + "port 2\n");
            daemon.wakes();
            daemon.expect_lines(pid, first + "port 2\n");
            BOOST_TEST(is_stamped(daemon.pid_file) == (policy != "pid_file"));
            daemon.stops(pid);
        }
}

BOOST_AUTO_TEST_CASE(hide_no_daemon_where_its_socket_proves_nothing, *boost::unit_test::label("namespace"))
{
    if (run(elsewhere + strings{"true"}).status != 0) DAEMONKIT_SKIP("needs a network namespace");
    for (const auto& policy : all_policies) BOOST_TEST_CONTEXT(policy)
        {
            const announcing daemon(policy);
            const pid_t pid = daemon.starts();
            const auto is = "running (pid " + std::to_string(pid) + ")";
            BOOST_TEST(append_file(daemon.pid_file, "port 2\n"));
            daemon.expect("status", 0, is, elsewhere); // root sees that the daemon has the file open
            daemon.expect("start", 0, "already " + is, elsewhere);
            const auto stranger = elsewhere + as_user(nobody);
            daemon.expect("status", 4, "a live process has locked it", stranger);
            if (policy != "pid_file") {
                daemon.wakes();
                daemon.expect("status", 0, is, stranger);
            }
            daemon.expect("stop", 0, "stopped (pid " + std::to_string(pid), elsewhere);
        }
}

BOOST_AUTO_TEST_CASE(hide_no_daemon_beside_a_stranger_s_socket, *boost::unit_test::label("root"))
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root to act as another user");
    for (const auto& policy : all_policies) BOOST_TEST_CONTEXT(policy)
        {
            const announcing daemon(policy, {"EXTRA=port 1"});
            const other_process stranger([&](const other_process& self) {
                const auto directory = detail::check_directory(daemon.pid_file);
                const auto name = detail::abstract_socket(daemon.pid_file, directory).name();
                if (!become_user(nobody)) return 2; // before it makes the socket, which is root's otherwise
                const sys::unique_fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
                self.say(bind_socket(socket.get(), "@" + name) ? 1 : 0);
                self.await();
                return 0;
            });
            BOOST_TEST_REQUIRE(stranger.hear() == 1);
            const pid_t pid = daemon.starts();
            BOOST_TEST(append_file(daemon.pid_file, "port 2\n"));
            daemon.expect("status", 0, "running (pid " + std::to_string(pid) + ")");
            daemon.wakes();
            daemon.expect("status", 0, "running (pid " + std::to_string(pid) + ")");
            BOOST_TEST(read_file(daemon.pid_file).ends_with("port 2\n"));
            daemon.stops(pid);
        }
}

BOOST_AUTO_TEST_CASE(stay_when_the_first_line_is_edited)
{
    const announcing daemon("flock_pid_file", {"EXTRA=port 1"});
    const pid_t pid = daemon.starts();
    for (const char* const first : {"1\n", "4194304\n", "\n", "garbage\n", "123456789012345678901234567890\n"})
        BOOST_TEST_CONTEXT(first)
        {
            BOOST_TEST(write_file(daemon.pid_file, std::string(first) + "port 1\nport 2\n"));
            daemon.expect("status", 0, "running (pid " + std::to_string(pid) + ")");
            daemon.wakes();
            daemon.expect_lines(pid, "port 1\nport 2\n");
            BOOST_TEST(is_stamped(daemon.pid_file));
        }
    for (const auto& lost : {std::string(), std::string("1"), "1\n" + std::string(5000, 'x'), line_of(pid) + '\0'})
        BOOST_TEST_CONTEXT(lost.substr(0, 10))
        {
            BOOST_TEST(write_file(daemon.pid_file, lost));
            daemon.wakes();
            daemon.expect_lines(pid, "port 1\n"); // what the setting says
        }
    daemon.stops(pid);
}

BOOST_AUTO_TEST_CASE(that_are_too_long_are_not_changed)
{
    const announcing daemon("flock_pid_file");
    const pid_t pid = daemon.starts();
    const std::string lines(5000, 'x');
    BOOST_TEST(append_file(daemon.pid_file, lines));
    daemon.wakes();
    daemon.expect_lines(pid, lines);
    put_down(pid);
    daemon.expect("start", 1, "it holds something else than a process id");
    daemon.expect("status", 4, "it holds something else than a process id");
    BOOST_TEST(read_file(daemon.pid_file) == line_of(pid) + lines);
}

BOOST_AUTO_TEST_CASE(are_in_the_file_that_takes_the_place_of_a_deleted_one)
{
    for (const char* const policy : {"flock_pid_file", "derived"}) BOOST_TEST_CONTEXT(policy)
        {
            const announcing daemon(policy, {"ADDS=port 2"});
            const pid_t pid = daemon.starts();
            BOOST_TEST(append_file(daemon.pid_file, "port 3\n"));
            const auto lines = read_file(daemon.pid_file).substr(line_of(pid).size());
            for (int i = 0; i < 2; ++i) {
                fs::remove(daemon.pid_file);
                daemon.expect("status", 0, "running (pid " + std::to_string(pid) + ")");
                daemon.wakes();
                daemon.expect_lines(pid, lines);
                fs::rename(daemon.pid_file, daemon.directory / "moved");
                daemon.wakes();
                daemon.expect_lines(pid, lines);
            }
            daemon.stops(pid);
        }
}

BOOST_AUTO_TEST_CASE(of_a_daemon_that_crashed_block_no_start)
{
    for (const auto& policy : all_policies) BOOST_TEST_CONTEXT(policy)
        {
            const announcing daemon(policy, {"ADDS=port 2"});
            put_down(daemon.starts());
            daemon.expect("status", 1, "dead");
            daemon.expect("reload", 7, "not running");
            BOOST_TEST(append_file(daemon.pid_file, "port 3\n"));
            const pid_t next = daemon.starts();
            daemon.expect_lines(next, policy == "derived" ? "derived\nport 2\n" : "port 2\n");
            put_down(next);
            daemon.expect("stop", 0, "not running");
            BOOST_TEST(!fs::exists(daemon.pid_file));
        }
}

BOOST_AUTO_TEST_CASE(of_the_setting_must_be_text_and_short)
{
    with_both([](auto make) {
        const temporary_directory top;
        auto policy = make(top / "daemon.pid");
        for (const auto& bad : {std::string("a\0b", 3), std::string(4089, 'x'), std::string(4088, 'x')}) {
            policy.extra = bad;
            expect_refusal([&] { (void)policy.claim(); }, "its further lines in the settings have zero bytes, or more",
                           6);
            BOOST_TEST(fs::is_empty(top.path()));
        }
        policy.extra = std::string(4087, 'x');
        auto guard = policy.claim();
        guard.publish(::getpid());
        BOOST_TEST(read_file(policy.path) == line_of(::getpid()) + policy.extra + "\n");
        BOOST_TEST(policy.find().pid == ::getpid());
    });
}

// Another process adds a line before each system call of a daemon that stamps its file again.
BOOST_AUTO_TEST_CASE(added_at_any_moment_stay_and_are_stamped)
{
    int tried = 0;
    for (int call = 1;; ++call) {
        const temporary_directory top;
        const daemonkit::flock_pid_file policy{.path = top / "daemon.pid"};
        traced_process daemon([&] {
            auto guard = policy.claim();
            guard.publish(::getpid());
            ::syscall(SYS_getppid);
            bool kept = guard.keep();
            ::syscall(SYS_getppid);
            kept = guard.keep() && kept;
            ::syscall(SYS_getppid);
            return kept ? 0 : 1;
        });
        const auto to_getppid = [&] { return to_call(daemon, SYS_getppid); };
        BOOST_TEST_REQUIRE(to_getppid());
        BOOST_TEST(append_file(policy.path, "port 1\n"));
        bool ends = false;
        for (int n = 0; n < call && !ends; ++n) ends = !daemon.next_call() || daemon.call() == SYS_getppid;
        BOOST_TEST(append_file(policy.path, "port 2\n"));
        ++tried;
        if (!ends) BOOST_TEST_REQUIRE(to_getppid());
        BOOST_TEST_REQUIRE(to_getppid());
        BOOST_TEST_CONTEXT("before call " << call)
        {
            BOOST_TEST(read_file(policy.path) == line_of(daemon.pid()) + "port 1\nport 2\n");
            BOOST_TEST(is_stamped(policy.path));
            BOOST_TEST(detail::find_in_file(policy.path).holder.pid == daemon.pid());
        }
        BOOST_TEST(daemon.finish() == 0);
        if (ends) break;
    }
    BOOST_TEST(tried > 4);
}

// A reader never finds a wrong pid that is proved: the file of a daemon that mends its first line is as it was edited,
// empty, or right.
BOOST_AUTO_TEST_CASE(stay_whole_while_the_first_line_is_mended)
{
    const temporary_directory top;
    const daemonkit::flock_pid_file policy{.path = top / "daemon.pid"};
    traced_process daemon([&] { return publish_and_keep(policy); });
    while (daemon.next_call() && daemon.call() != SYS_getppid) {}
    const std::string edited = "1\nport 1\n";
    const auto right = line_of(daemon.pid()) + "port 1\n";
    BOOST_TEST(write_file(policy.path, edited));
    std::set<std::string> seen;
    while (daemon.next_call() && daemon.call() != SYS_getppid) {
        seen.insert(read_file(policy.path));
        const auto found = detail::find_in_file(policy.path).holder;
        BOOST_TEST((!found || found.pid == daemon.pid()));
    }
    BOOST_TEST((seen == std::set<std::string>{edited, "", right}));
    BOOST_TEST(read_file(policy.path) == right);
    BOOST_TEST(daemon.finish() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
