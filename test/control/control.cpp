// SPDX-License-Identifier: BSL-1.0
// stop, reload and status, called from another process. The daemon is a child that no process collects. A zombie counts
// as dead; a caller that waited for init to collect it would wait too long.
#include "support/file.hpp"
#include "support/process.hpp"
#include "support/skip.hpp"
#include "support/temporary_directory.hpp"
#include "support/text.hpp"
#include "support/user.hpp"

#include <daemonkit/control/detail/reload.hpp>
#include <daemonkit/control/detail/status.hpp>
#include <daemonkit/control/detail/stop.hpp>
#include <daemonkit/pid.hpp>

#include <boost/filesystem/operations.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

using namespace daemonkit;
using namespace std::chrono_literals;
namespace fs = boost::filesystem;

namespace {

/// The child's handling of TERM and HUP.
enum class manners { obeys, ignores_term, dies_of_term };

/// A process that holds an instance by its pid file, as a daemon does: a child of the test, collected at the end.
class held_by_child
{
public:
    explicit held_by_child(const flock_pid_file& policy, manners how = manners::obeys)
    {
        int ready[2];
        BOOST_REQUIRE(::pipe2(ready, O_CLOEXEC) == 0);
        pid_ = ::fork();
        BOOST_REQUIRE(pid_ >= 0);
        if (pid_ == 0) {
            int status = 99;
            try {
                status = live(policy, how, ready[1]);
            } catch (...) {
            }
            ::_exit(status);
        }
        ::close(ready[1]);
        char byte = 0;
        const auto n = ::read(ready[0], &byte, 1);
        ::close(ready[0]);
        BOOST_REQUIRE(n == 1);
    }
    held_by_child(const held_by_child&) = delete;
    held_by_child& operator=(const held_by_child&) = delete;
    ~held_by_child() { collect(); }

    [[nodiscard]] pid_t pid() const { return pid_; }
    /// Exited, and not yet collected.
    [[nodiscard]] bool zombie() const { return proc_status(pid_, "State").starts_with('Z'); }

    void kill()
    {
        ::kill(pid_, SIGKILL);
        BOOST_REQUIRE(ends(pid_));
    }
    /// Returns its wait status; ends it first if it still runs.
    int collect()
    {
        if (pid_ == 0) return wait_status_;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, &wait_status_, 0);
        pid_ = 0;
        return wait_status_;
    }

private:
    static int live(const flock_pid_file& policy, manners how, int ready)
    {
        sigset_t signals;
        ::sigemptyset(&signals);
        ::sigaddset(&signals, SIGTERM);
        ::sigaddset(&signals, SIGHUP);
        if (how == manners::dies_of_term) ::sigdelset(&signals, SIGTERM);
        ::sigprocmask(SIG_BLOCK, &signals, nullptr);
        auto identity = policy.claim();
        identity.publish(::getpid());
        identity.started();
        if (::write(ready, "r", 1) != 1) return 98;
        for (int heard = 0, status = 0;;) {
            ::sigwait(&signals, &heard);
            if (heard == SIGHUP) status = 10;
            if ((heard == SIGHUP) != (how == manners::obeys)) return status;
        }
    }

    pid_t pid_ = 0;
    int wait_status_ = -1;
};

bool was_killed_by(int wait_status, int signal) { return WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == signal; }

struct in_a_directory
{
    temporary_directory directory{};
    flock_pid_file policy{.path = directory / "d.pid"};
    fs::path file = directory / "d.pid";

    void write(const std::string& text, int mode = 0644)
    {
        write_file(file, text);
        fs::permissions(file, static_cast<fs::perms>(mode));
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(control, in_a_directory, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(stop_ends_the_daemon_by_term_and_names_it)
{
    held_by_child daemon(policy);
    const auto r = daemonkit::detail::stop(policy, {});
    BOOST_TEST(r.status == 0);
    BOOST_TEST(r.pid == daemon.pid());
    BOOST_TEST(r.message == "stopped (pid " + std::to_string(daemon.pid()) + ", SIGTERM)");
    BOOST_TEST(daemon.zombie()); // gone, though not collected yet
    BOOST_TEST(!fs::exists(file));
    BOOST_TEST(WEXITSTATUS(daemon.collect()) == 0);
}

BOOST_AUTO_TEST_CASE(stop_of_a_process_that_dies_of_term_removes_its_file)
{
    held_by_child daemon(policy, manners::dies_of_term);
    const auto r = daemonkit::detail::stop(policy, {});
    BOOST_TEST(r.status == 0);
    BOOST_TEST(daemon.zombie());
    BOOST_TEST(!fs::exists(file));
    BOOST_TEST(was_killed_by(daemon.collect(), SIGTERM));
}

BOOST_AUTO_TEST_CASE(stop_kills_a_process_that_ignores_term_and_removes_its_file)
{
    held_by_child daemon(policy, manners::ignores_term);
    const auto r = daemonkit::detail::stop(policy, {{SIGTERM, 50ms}, {SIGTERM, 1ms}, {SIGKILL, generous}});
    BOOST_TEST(r.status == 0);
    BOOST_TEST(r.killed == "it did not exit within 0.050 s after SIGTERM, nor within 0.001 s after SIGTERM");
    BOOST_TEST(r.message == "stopped (pid " + std::to_string(daemon.pid()) + ", SIGKILL): " + r.killed);
    BOOST_TEST(daemon.zombie());
    BOOST_TEST(!fs::exists(file));
    BOOST_TEST(was_killed_by(daemon.collect(), SIGKILL));
}

BOOST_AUTO_TEST_CASE(a_schedule_that_only_kills_needs_no_reason)
{
    held_by_child daemon(policy);
    const auto r = daemonkit::detail::stop(policy, {{SIGKILL, generous}});
    BOOST_TEST(r.message == "stopped (pid " + std::to_string(daemon.pid()) + ", SIGKILL)");
    BOOST_TEST(r.killed.empty());
}

BOOST_AUTO_TEST_CASE(stop_follows_the_schedule_it_is_given)
{
    held_by_child daemon(policy, manners::ignores_term);
    const auto r = daemonkit::detail::stop(policy, {{SIGTERM, 1ms}, {SIGHUP, generous}, {SIGKILL, generous}});
    BOOST_TEST(r.status == 0);
    BOOST_TEST(r.message == "stopped (pid " + std::to_string(daemon.pid()) +
                                ", SIGHUP): it did not exit within 0.001 s after SIGTERM");
    BOOST_TEST(r.killed.empty());
    BOOST_TEST(WEXITSTATUS(daemon.collect()) == 10);
}

BOOST_AUTO_TEST_CASE(a_schedule_that_never_kills_says_so)
{
    held_by_child daemon(policy, manners::ignores_term);
    const auto r = daemonkit::detail::stop(policy, {{SIGTERM, 10ms}, {SIGTERM, 0s}});
    BOOST_TEST(r.status == 1);
    BOOST_TEST(r.pid == daemon.pid());
    BOOST_TEST(contains(r.message, "SIGTERM"));
    BOOST_TEST(contains(r.message, std::to_string(daemon.pid())));
    BOOST_TEST(alive(daemon.pid()));
    BOOST_TEST(pid_in(file.string()) == daemon.pid());
}

BOOST_AUTO_TEST_CASE(stop_tells_its_progress_while_it_waits)
{
    held_by_child daemon(policy, manners::ignores_term);
    int told = 0;
    const auto r = daemonkit::detail::stop(policy, {{SIGTERM, 1500ms}, {SIGKILL, generous}},
                                           [&](std::chrono::nanoseconds) { ++told; });
    BOOST_TEST(r.status == 0);
    BOOST_TEST(told >= 1);
}

BOOST_AUTO_TEST_CASE(stop_without_a_daemon_succeeds)
{
    const auto r = daemonkit::detail::stop(policy, {});
    BOOST_TEST(r.status == 0);
    BOOST_TEST(r.pid == 0);
    BOOST_TEST(r.message == "not running");
    BOOST_TEST(!fs::exists(file));
}

BOOST_AUTO_TEST_CASE(stop_of_a_dead_daemon_removes_its_file)
{
    {
        held_by_child daemon(policy);
        daemon.kill();
        BOOST_TEST(daemonkit::detail::status(policy, "d").status() == 1); // uncollected, and dead
    }
    BOOST_TEST(fs::exists(file));
    BOOST_TEST(daemonkit::detail::status(policy, "d").status() == 1);
    const auto r = daemonkit::detail::stop(policy, {});
    BOOST_TEST(r.status == 0);
    BOOST_TEST(r.pid == 0);
    BOOST_TEST(!fs::exists(file));
}

BOOST_AUTO_TEST_CASE(stop_by_another_user_is_denied_and_the_daemon_lives, *boost::unit_test::label("root"))
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root");
    held_by_child daemon(policy);
    const auto stopped = in_child([&] {
        if (!become_user(nobody)) return 97;
        const auto r = daemonkit::detail::stop(policy, {});
        std::puts(r.message.c_str());
        return r.status;
    });
    BOOST_TEST(stopped.status == 4);
    BOOST_TEST(contains(stopped.out, std::to_string(daemon.pid())));
    BOOST_TEST(contains(stopped.out, "ermitted"));
    const auto reload = in_child([&] {
        if (!become_user(nobody)) return 97;
        return daemonkit::detail::reload(policy, 20s).status;
    });
    BOOST_TEST(reload.status == 4);
    const auto status = in_child([&] { // no permission is needed to ask
        if (!become_user(nobody)) return 97;
        return daemonkit::detail::status(policy, "d").status();
    });
    BOOST_TEST(status.status == 0);
    BOOST_TEST(alive(daemon.pid()));
    BOOST_TEST(pid_in(file.string()) == daemon.pid());
}

BOOST_AUTO_TEST_CASE(a_stranger_in_the_pid_file_is_never_signalled)
{
    temporary_directory elsewhere;
    held_by_child stranger({.path = elsewhere / "stranger.pid"}, manners::dies_of_term);
    write(std::to_string(stranger.pid()) + "\n");
    const auto state = daemonkit::detail::status(policy, "d");
    BOOST_TEST(state.status() == 1);
    BOOST_TEST(state.pid == 0);
    BOOST_TEST(daemonkit::detail::reload(policy, 20s).status == 7);
    const auto r = daemonkit::detail::stop(policy, {});
    BOOST_TEST(r.status == 0);
    BOOST_TEST(r.pid == 0);
    BOOST_TEST(r.message == "not running");
    BOOST_TEST(alive(stranger.pid()));
    BOOST_TEST(proc_status(stranger.pid(), "ShdPnd") == "0000000000000000");
    BOOST_TEST(!fs::exists(file)); // the file led to no process of ours
}

BOOST_AUTO_TEST_CASE(a_copy_of_the_pid_file_proves_nothing)
{
    held_by_child daemon(policy, manners::dies_of_term);
    const flock_pid_file copy{.path = directory / "copy.pid"};
    write_file(directory / "copy.pid", read_file(file));
    fs::permissions(directory / "copy.pid", fs::perms(0644));
    BOOST_TEST(daemonkit::detail::stop(copy, {}).pid == 0);
    BOOST_TEST(alive(daemon.pid()));
}

BOOST_AUTO_TEST_CASE(a_daemon_does_not_stop_itself)
{
    auto identity = policy.claim();
    identity.publish(::getpid());
    const auto r = daemonkit::detail::stop(policy, {});
    BOOST_TEST(r.status == 1);
    BOOST_TEST(r.pid == ::getpid());
    BOOST_TEST(contains(r.message, "return from run()"));
}

BOOST_AUTO_TEST_CASE(reload_reaches_the_daemon_and_says_that_it_did_not_answer)
{
    held_by_child daemon(policy);
    const auto r = daemonkit::detail::reload(policy, 10ms);
    BOOST_TEST(r.status == 1);
    BOOST_TEST(r.pid == daemon.pid());
    BOOST_TEST(contains(r.message, std::to_string(daemon.pid())));
    ::kill(daemon.pid(), SIGTERM);
    BOOST_REQUIRE(ends(daemon.pid()));
    BOOST_TEST(WEXITSTATUS(daemon.collect()) == 10); // it ends when it has received HUP
}

BOOST_AUTO_TEST_CASE(reload_without_a_daemon_is_not_running)
{
    BOOST_TEST(daemonkit::detail::reload(policy, 20s).status == 7);
    write(std::to_string(dead_pid()) + "\n");
    const auto r = daemonkit::detail::reload(policy, 20s);
    BOOST_TEST(r.status == 7);
    BOOST_TEST(r.message == "not running");
    BOOST_TEST(fs::exists(file)); // reload changes nothing
}

BOOST_AUTO_TEST_CASE(status_reports_the_pid_and_the_start_time)
{
    const auto before = std::chrono::system_clock::now();
    held_by_child daemon(policy);
    const auto after = std::chrono::system_clock::now();
    const auto s = daemonkit::detail::status(policy, "d");
    BOOST_TEST((s.state == status_report::condition::running));
    BOOST_TEST(s.status() == 0);
    BOOST_TEST(s.name == "d");
    BOOST_TEST(s.pid == daemon.pid());
    BOOST_TEST(s.where == file.string());
    BOOST_TEST(s.message.empty());
    // The kernel counts start times in hundredths of a second. A step of the wall clock would be the machine's own.
    BOOST_TEST((s.since >= before - 1s && s.since <= after + 1s));
}

BOOST_AUTO_TEST_CASE(status_without_a_daemon)
{
    BOOST_TEST(daemonkit::detail::status(policy, "d").status() == 3);
    write("");
    BOOST_TEST(daemonkit::detail::status(policy, "d").status() == 3); // the state between a claim and its publication
    write(std::to_string(dead_pid()) + "\n");
    const auto s = daemonkit::detail::status(policy, "d");
    BOOST_TEST((s.state == status_report::condition::dead));
    BOOST_TEST(s.status() == 1);
    BOOST_TEST(s.pid == 0);
    BOOST_TEST(s.where == file.string());
    fs::remove(file);
    const flock_pid_file nowhere{.path = directory / "not" / "there" / "d.pid"};
    BOOST_TEST(daemonkit::detail::status(nowhere, "d").status() == 3);
    BOOST_TEST(!fs::exists(directory / "not")); // status makes nothing
}

BOOST_AUTO_TEST_CASE(hostile_pid_files_are_unknown_and_stay_as_they_are)
{
    const auto unknown = [&](const std::string& what) {
        BOOST_TEST_CONTEXT(what)
        {
            struct stat before = {};
            BOOST_REQUIRE(::lstat(file.c_str(), &before) == 0);
            const auto s = daemonkit::detail::status(policy, "d");
            BOOST_TEST(s.status() == 4);
            BOOST_TEST(s.pid == 0);
            BOOST_TEST(contains(s.message, file.string()));
            const auto stop = daemonkit::detail::stop(policy, {});
            BOOST_TEST(stop.status == 1);
            BOOST_TEST(stop.message == s.message);
            BOOST_TEST(daemonkit::detail::reload(policy, 20s).status == 1);
            struct stat after = {};
            BOOST_REQUIRE(::lstat(file.c_str(), &after) == 0);
            BOOST_TEST(before.st_ino == after.st_ino);
            BOOST_TEST(before.st_size == after.st_size);
            BOOST_TEST(before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
        }
        fs::remove_all(file);
    };
    for (const char* content : {"garbage\n", "12 # d\n", "0x10\n", "1.0\n", "d 12\n"}) {
        write(content);
        unknown(content);
    }
    write(std::string(3'000'000, 'x'));
    unknown("three megabytes");
    fs::create_directory(file);
    unknown("a directory");
    ::mkfifo(file.c_str(), 0644);
    unknown("a FIFO");
    fs::create_symlink("/etc/hostname", file);
    unknown("a symbolic link");
    fs::create_symlink(directory / "nowhere", file);
    unknown("a dangling symbolic link");
    fs::create_symlink(file, file);
    unknown("a symbolic link to itself");
    write(std::to_string(::getpid()) + "\n", 0666);
    unknown("others may write to it");
    write(std::to_string(::getpid()) + "\n", 0664);
    unknown("the group may write it");
    write(std::to_string(::getpid()) + "\n");
    fs::create_hard_link(file, directory / "another name");
    unknown("a hard link");
}

BOOST_AUTO_TEST_CASE(what_a_crash_leaves_is_stale)
{
    for (const auto& content :
         {std::string("0\n"), std::string("-1\n"), std::string("+1\n"), std::string(" 1\n"), std::string("12 34\n"),
          std::string("007\n"), std::string("4194305\n"), std::string("99999999999\n"), std::string("\n"),
          std::string("1\n2\n"), std::string("1\0\n", 3), std::string(3'000'000, '1'), std::string(4096, '\0')})
        BOOST_TEST_CONTEXT(content.substr(0, 20) << ", " << content.size() << " bytes")
        {
            write(content);
            const auto s = daemonkit::detail::status(policy, "d");
            BOOST_TEST((s.state == status_report::condition::dead));
            BOOST_TEST(s.pid == 0);
            BOOST_TEST(daemonkit::detail::reload(policy, 20s).status == 7);
            BOOST_TEST(read_file(file) == content); // nobody but stop and start removes it
            const auto r = daemonkit::detail::stop(policy, {});
            BOOST_TEST(r.status == 0);
            BOOST_TEST(r.message == "not running");
            BOOST_TEST(!fs::exists(file));
        }
}

BOOST_AUTO_TEST_CASE(own_pid_without_its_stamp_is_stale)
{
    write(std::to_string(::getpid()) + "\n");
    BOOST_TEST(daemonkit::detail::status(policy, "d").status() == 1);
    write("1\n"); // so does init, which root could signal
    BOOST_TEST(daemonkit::detail::status(policy, "d").status() == 1);
    BOOST_TEST(daemonkit::detail::stop(policy, {}).pid == 0);
}

BOOST_AUTO_TEST_CASE(a_file_or_directory_that_others_may_change_is_unknown)
{
    write(std::to_string(::getpid()) + "\n");
    fs::permissions(directory.path(), fs::perms(0777));
    const auto s = daemonkit::detail::status(policy, "d");
    BOOST_TEST(s.status() == 4);
    BOOST_TEST(contains(s.message, "mode 0777"));
    fs::permissions(directory.path(), fs::perms(01777)); // as /tmp is
    BOOST_TEST(daemonkit::detail::status(policy, "d").status() == 1);
}

BOOST_AUTO_TEST_CASE(a_file_of_another_user_is_unknown, *boost::unit_test::label("root"))
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root");
    write(std::to_string(::getpid()) + "\n");
    BOOST_REQUIRE(::chown(file.c_str(), nobody, nobody) == 0);
    const auto s = daemonkit::detail::status(policy, "d");
    BOOST_TEST(s.status() == 4);
    BOOST_TEST(contains(s.message, "65534"));
}

BOOST_AUTO_TEST_CASE(a_relative_path_is_a_setting_that_cannot_work)
{
    const flock_pid_file relative{.path = "d.pid"};
    BOOST_TEST(daemonkit::detail::status(relative, "d").status() == 4);
    BOOST_TEST(daemonkit::detail::stop(relative, {}).status == 6);
    BOOST_TEST(daemonkit::detail::reload(relative, 20s).status == 6);
}

BOOST_AUTO_TEST_SUITE_END()
