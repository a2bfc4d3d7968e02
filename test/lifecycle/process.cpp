// SPDX-License-Identifier: BSL-1.0
// A daemon as a process: directory, umask, limits, descriptors, user; and settings that are refused before a process is
// made.
#include "lifecycle/in_child.hpp"
#include "support/child_process.hpp"
#include "support/file.hpp"
#include "support/skip.hpp"
#include "support/temporary_directory.hpp"
#include "support/text.hpp"
#include "support/user.hpp"

#include <daemonkit/presets.hpp>

#include <boost/test/unit_test.hpp>

#include <grp.h>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <sstream>

using namespace std::chrono_literals;
using namespace daemonkit;

namespace {

std::string users_and_groups()
{
    std::string text;
    for (const char* field : {"Uid", "Gid", "Groups"}) {
        std::istringstream words(proc_status(::getpid(), field));
        text += std::string(field) + ":";
        for (std::string word; words >> word;) text += " " + word;
        text += "; ";
    }
    return text;
}

struct daemon_as_set : sysv_daemon<daemon_as_set, flock_pid_file, signalfd_signals, log_file_stdio>
{
    void on_start() { say("on_start as " + users_and_groups()); }
    int run()
    {
        say("run as " + users_and_groups());
        say("running " + std::to_string(::getpid()));
        std::printf("logged\n");
        while (wait()) {}
        return 0;
    }
    void on_reload() { say("reloaded"); }
};

/// A start with these settings in a child of the test, after `before` has run there.
class a_start
{
public:
    explicit a_start(process_settings process, const std::function<void()>& before = {})
        : launcher_([&] {
              if (before) before();
              process.name = "as_set";
              for (const int fd : child_process::descriptors()) process.keep_descriptors.push_back(fd);
              const auto result =
                  daemon_as_set{}.start({.pid = {.path = pid_file()}, .stdio = {.output = log()}, .process = process});
              if (result.in_launcher) {
                  rusage children{};
                  ::getrusage(RUSAGE_CHILDREN, &children);
                  // The page faults of collected children count for the parent.
                  const bool forked = children.ru_minflt != 0 || ::waitpid(-1, nullptr, WNOHANG) != -1;
                  say(std::string("launcher: ") + (forked ? "forked " : "did not fork ") + result.message);
              }
              return int(result);
          })
    {
    }

    /// The pid of the ready daemon.
    pid_t daemon()
    {
        if (!launcher_.says("running ")) return 0;
        const pid_t pid = std::stoi(launcher_.rest_of_line());
        BOOST_TEST(launcher_.status() == 0);
        return pid;
    }
    /// The message of a start that failed with this status; nothing of it is left.
    std::string refusal(int status)
    {
        BOOST_TEST(launcher_.says("launcher: "));
        auto sentence = launcher_.rest_of_line();
        BOOST_TEST(launcher_.status() == status);
        BOOST_TEST(!launcher_.says("running ")); // until every process that could print it has ended
        BOOST_TEST(!boost::filesystem::exists(pid_file().parent_path()));
        return sentence;
    }
    child_process& launcher() { return launcher_; }
    [[nodiscard]] boost::filesystem::path pid_file() const { return dir_.path() / "run" / "pid"; }
    [[nodiscard]] boost::filesystem::path log() const { return dir_.path() / "log"; }

private:
    temporary_directory dir_{};
    child_process launcher_;
};

/// "Max core file size" of a process: soft and hard limit.
std::string limit_of(pid_t pid, const std::string& name)
{
    std::ifstream in("/proc/" + std::to_string(pid) + "/limits");
    for (std::string line; std::getline(in, line);)
        if (line.starts_with(name)) {
            std::istringstream words(line.substr(name.size()));
            std::string soft;
            std::string hard;
            words >> soft >> hard;
            return soft + " " + hard;
        }
    return {};
}

/// The output of users_and_groups() for an account of the system, with its groups from the group database.
std::string expected_of(const char* user, gid_t gid)
{
    const passwd* const entry = ::getpwnam(user);
    std::vector<gid_t> groups(64);
    int count = 64;
    ::getgrouplist(user, entry->pw_gid, groups.data(), &count);
    groups.resize(static_cast<std::size_t>(count));
    std::sort(groups.begin(), groups.end());
    const auto four_times = [](unsigned id) {
        std::string text;
        for (int i = 0; i < 4; ++i) text += " " + std::to_string(id);
        return text;
    };
    std::string text = "Uid:" + four_times(entry->pw_uid) + "; Gid:" + four_times(gid) + "; Groups:";
    for (const gid_t group : groups) text += " " + std::to_string(group);
    return text + "; ";
}

} // namespace

BOOST_AUTO_TEST_SUITE(process, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(the_defaults)
{
    a_start start({}, [] {
        ::umask(0);
        if (::chdir("/tmp") == -1) ::_exit(99);
        const rlimit core{4096, 4096};
        ::setrlimit(RLIMIT_CORE, &core);
    });
    const pid_t daemon = start.daemon();
    BOOST_REQUIRE(daemon != 0);
    BOOST_TEST(proc_link(daemon, "cwd") == "/");
    BOOST_TEST(proc_status(daemon, "Umask") == "0022");
    BOOST_TEST(limit_of(daemon, "Max core file size") == "0 0");
    BOOST_TEST(proc_status(daemon, "NoNewPrivs") == "0");
    BOOST_TEST(proc_link(daemon, "root") == "/");
}

BOOST_AUTO_TEST_CASE(all_of_it_set)
{
    const temporary_directory home;
    a_start start({.working_directory = home.path().string(),
                   .umask = 027,
                   .limits = {{RLIMIT_NOFILE, 100, 200}, {RLIMIT_STACK, 1U << 20U, RLIM_INFINITY}},
                   .core_dumps = true,
                   .no_new_privileges = true},
                  [] {
                      const rlimit core{4096, 8192};
                      ::setrlimit(RLIMIT_CORE, &core);
                  });
    const pid_t daemon = start.daemon();
    BOOST_REQUIRE(daemon != 0);
    BOOST_TEST(proc_link(daemon, "cwd") == home.path().string());
    BOOST_TEST(proc_status(daemon, "Umask") == "0027");
    BOOST_TEST(limit_of(daemon, "Max open files") == "100 200");
    BOOST_TEST(limit_of(daemon, "Max stack size") == "1048576 unlimited");
    BOOST_TEST(limit_of(daemon, "Max core file size") == "4096 8192");
    BOOST_TEST(proc_status(daemon, "NoNewPrivs") == "1");
}

BOOST_AUTO_TEST_CASE(settings_that_cannot_work_are_refused)
{
    const temporary_directory dir;
    write_file(dir / "file", "");
    const std::string missing = (dir / "missing").string();
    BOOST_TEST(contains(a_start({.working_directory = missing}).refusal(6),
                        "cannot change to the working directory " + missing + ": there is no such directory"));
    BOOST_TEST(contains(a_start({.working_directory = (dir / "file").string()}).refusal(6), "cannot change to"));
    const auto above = a_start({.limits = {{RLIMIT_NOFILE, 200, 100}}}).refusal(6);
    BOOST_TEST(contains(above, "cannot set the resource limit RLIMIT_NOFILE: the soft limit 200 is above"), above);
}

BOOST_AUTO_TEST_CASE(one_file_is_not_log_and_pid_file)
{
    const temporary_directory dir;
    const auto launcher = in_child([&] {
        const auto r = daemon_as_set{}.start({.pid = {.path = dir / "file"}, .stdio = {.output = dir / "file"}});
        if (r.in_launcher) std::fputs(r.message.c_str(), stderr);
        return int(r);
    });
    BOOST_TEST(launcher.status == 6, launcher.err);
    BOOST_TEST(launcher.err.find("the log file and the pid file are the same file") != std::string::npos, launcher.err);
    BOOST_TEST(!boost::filesystem::exists(dir / "file"));
}

BOOST_AUTO_TEST_CASE(unknown_users_and_groups_change_nothing_and_make_no_process)
{
    BOOST_TEST(a_start({.user = "nobody-of-that-name"}).refusal(6) ==
               "did not fork cannot find user nobody-of-that-name: it does not exist");
    BOOST_TEST(a_start({.group = "no-such-group"}).refusal(6) ==
               "did not fork cannot find group no-such-group: it does not exist");
    BOOST_TEST(a_start({.user = "nobody", .group = "no-such-group"}).refusal(6) ==
               "did not fork cannot find group no-such-group: it does not exist");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(process_as_root, *boost::unit_test::label("root"))

BOOST_AUTO_TEST_CASE(an_unprivileged_process_cannot_change_its_user)
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root, to change the user");
    BOOST_TEST(a_start({.user = "root"}, become_nobody).refusal(4) ==
               "did not fork cannot become root: only root may become another user; start the daemon as root");
    BOOST_TEST(a_start({.group = "root"}, become_nobody).refusal(4) ==
               "did not fork cannot become :root: only root may become another user; start the daemon as root");
}

BOOST_AUTO_TEST_CASE(on_start_is_privileged_and_run_is_not)
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root");
    const passwd* const account = ::getpwnam("nobody");
    const group* const other = ::getgrnam("daemon");
    if (account == nullptr || other == nullptr) DAEMONKIT_SKIP("there is no user nobody or no group daemon");
    const auto extra_groups = [] {
        const gid_t groups[] = {1, 2, 3};
        if (::setgroups(3, groups) == -1) ::_exit(99);
    };
    const struct
    {
        process_settings process;
        std::string run;
    } cases[] = {
        {{.user = "nobody"}, expected_of("nobody", account->pw_gid)},
        {{.user = "nobody", .group = "daemon"}, expected_of("nobody", other->gr_gid)},
    };
    for (const auto& c : cases) {
        a_start start(c.process, extra_groups);
        BOOST_TEST(start.launcher().says("on_start as Uid: 0 0 0 0; Gid: 0 0 0 0; Groups: 1 2 3;"));
        BOOST_TEST(start.launcher().says("run as " + c.run), start.launcher().heard());
        const pid_t daemon = start.daemon();
        BOOST_REQUIRE(daemon != 0);
        BOOST_TEST(proc_status(daemon, "CapEff") == "0000000000000000");
        BOOST_TEST(proc_status(daemon, "CapPrm") == "0000000000000000");

        // The pid file is in a directory of root's and the log belongs to nobody: at the end both must be in order.
        BOOST_TEST(read_file(start.pid_file()) == std::to_string(daemon) + "\n");
        ::kill(daemon, SIGHUP);
        BOOST_TEST(start.launcher().says("reloaded"));
        ::kill(daemon, SIGTERM);
        BOOST_TEST(child_process::status_of(daemon) == 0);
        BOOST_TEST(read_file(start.pid_file()).empty());
        BOOST_TEST(read_file(start.log()) == "logged\n");
        const auto status =
            daemon_as_set::status({.pid = {.path = start.pid_file()}, .stdio = {.output = start.log()}});
        BOOST_TEST(status.status() == exit_status::status_stopped);
    }
    a_start only_group({.group = "daemon"}, extra_groups);
    const auto gid = std::to_string(other->gr_gid);
    BOOST_TEST(only_group.launcher().says("run as Uid: 0 0 0 0; Gid: " + gid + " " + gid + " " + gid + " " + gid));
}

BOOST_AUTO_TEST_CASE(a_second_life_after_a_dropped_one)
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root");
    const temporary_directory dir;
    for (int i = 0; i < 2; ++i) {
        child_process launcher([&] {
            return int(daemon_as_set{}.start(
                {.pid = {.path = dir / "pid"},
                 .stdio = {.output = dir / "log"},
                 .process = {.user = "nobody", .keep_descriptors = child_process::descriptors()}}));
        });
        BOOST_REQUIRE(launcher.says("running "));
        const pid_t daemon = std::stoi(launcher.rest_of_line());
        BOOST_TEST(launcher.status() == 0);
        BOOST_TEST(pid_in((dir / "pid").string()) == daemon);
        ::kill(daemon, SIGTERM);
        BOOST_TEST(child_process::status_of(daemon) == 0);
    }
    BOOST_TEST(read_file(dir / "log") == "logged\nlogged\n");
}

BOOST_AUTO_TEST_CASE(a_process_may_name_its_own_user)
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root, to change the user");
    const temporary_directory dir;
    BOOST_REQUIRE(::chown(dir.path().c_str(), nobody, nobody) == 0);
    child_process launcher([&] {
        become_nobody();
        return int(
            daemon_as_set{}.start({.pid = {.path = dir / "pid"},
                                   .stdio = {.output = dir / "log"},
                                   .process = {.user = "nobody", .keep_descriptors = child_process::descriptors()}}));
    });
    BOOST_TEST(launcher.says("run as Uid: 65534 65534 65534 65534; Gid: 65534 65534 65534 65534; Groups:; "));
    BOOST_REQUIRE(launcher.says("running "));
}

BOOST_AUTO_TEST_CASE(another_root_directory)
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root");
    const temporary_directory jail;
    boost::filesystem::create_directory(jail / "inside");
    a_start start({.working_directory = "/inside", .user = "nobody", .chroot = jail.path().string()});
    const pid_t daemon = start.daemon();
    BOOST_REQUIRE(daemon != 0);
    BOOST_TEST(proc_link(daemon, "root") == jail.path().string());
    BOOST_TEST(proc_link(daemon, "cwd") == (jail / "inside").string());
    BOOST_TEST(read_file(start.pid_file()) == std::to_string(daemon) + "\n");
    ::kill(daemon, SIGTERM);
    BOOST_TEST(child_process::status_of(daemon) == 0);
    BOOST_TEST(read_file(start.pid_file()).empty());
    BOOST_TEST(boost::filesystem::is_empty(jail / "inside"));
}

BOOST_AUTO_TEST_CASE(another_root_directory_that_cannot_be)
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root");
    const temporary_directory jail;
    const auto missing = (jail / "missing").string();
    const auto no_root = a_start({.chroot = missing}).refusal(6);
    BOOST_TEST(contains(no_root, "cannot change the root directory to " + missing), no_root);
    const auto no_directory = a_start({.working_directory = "/inside", .chroot = jail.path().string()}).refusal(6);
    BOOST_TEST(contains(no_directory, "cannot change to the working directory /inside"), no_directory);
}

BOOST_AUTO_TEST_SUITE_END()
