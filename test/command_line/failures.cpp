// SPDX-License-Identifier: BSL-1.0
// Wrong use at run time: one sentence on standard error, the right exit status, no change on disk, no process left.
#include "support.hpp"
#include "support/file.hpp"
#include "support/process.hpp"
#include "support/skip.hpp"
#include "support/text.hpp"
#include "support/user.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>

namespace fs = boost::filesystem;

namespace {

/// Whether a failed start created and removed a file, which changes the times of its directory.
enum class touches { nothing, directories };

outcome run_as_nobody(const std::vector<std::string>& command)
{
    return in_child([&] {
        if (!become_user(nobody)) return 97;
        return execute(command);
    });
}

void fails(const program& p, int status, const std::string& path, const std::string& reason,
           touches how = touches::nothing, uid_t user = 0)
{
    BOOST_TEST_CONTEXT(reason)
    {
        const auto before = listing(p.directory.path(), how == touches::nothing);
        const auto said = user == nobody ? run_as_nobody(p.command({"start"})) : p({"start"});
        BOOST_TEST(said.status == status);
        BOOST_TEST(said.out.empty());
        BOOST_TEST(said.err.starts_with(p.name + ": cannot "), said.err);
        BOOST_TEST(contains(said.err, path), said.err);
        BOOST_TEST(contains(said.err, reason), said.err);
        BOOST_TEST(count_lines(said.err) == 1U);
        BOOST_TEST(said.err.back() == '\n');
        BOOST_TEST(said.streams_ended);
        BOOST_TEST(listing(p.directory.path(), how == touches::nothing) == before, boost::test_tools::per_element());
        BOOST_TEST(p.nobody_left());
    }
}

void fails_with_file(const std::function<void(const fs::path&)>& make, const std::string& reason, int status = 1)
{
    const program p;
    make(p.pid_file);
    fails(p, status, p.pid_file.string(), reason);
}

void fails_with_content(const std::string& content)
{
    fails_with_file([&](const fs::path& file) { write_file(file, content); },
                    "it holds something else than a process id");
}

} // namespace

BOOST_AUTO_TEST_SUITE(failures, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(of_what_the_pid_file_holds)
{
    for (const char* content : {"0x1\n", "-1;\n", "garbage\n", "12 # d\n", "port 80\n12\n"})
        fails_with_content(content);
    fails_with_content(std::string(3'000'000, 'x'));
}

BOOST_AUTO_TEST_CASE(of_what_the_pid_file_is)
{
    fails_with_file([](const fs::path& file) { fs::create_directory(file); }, "it is a directory");
    fails_with_file([](const fs::path& file) { ::mkfifo(file.c_str(), 0600); }, "it is not a regular file");
    fails_with_file([](const fs::path& file) { fs::create_symlink("/etc/passwd", file); }, "it is a symbolic link");
    fails_with_file([](const fs::path& file) { fs::create_symlink("elsewhere", file); }, "it is a symbolic link");
    fails_with_file(
        [](const fs::path& file) {
            write_file(file, "");
            fs::create_hard_link(file, file.parent_path() / "other");
        },
        "it has other names (hard links)");
}

BOOST_AUTO_TEST_CASE(of_a_pid_file_that_others_may_write)
{
    fails_with_file(
        [](const fs::path& file) {
            write_file(file, "");
            fs::permissions(file, fs::perms(0666));
        },
        " and others may write to it (mode 0666); remove that permission with chmod go-w /");
    const program p;
    fs::permissions(p.directory.path(), fs::perms(0777));
    fails(p, 1, p.directory.path().string(),
          " and others may write to it (mode 0777); remove that permission with chmod go-w " +
              p.directory.path().string() + ", or choose another directory");
}

BOOST_AUTO_TEST_CASE(of_a_pid_file_of_another_user, *boost::unit_test::label("root"))
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root");
    fails_with_file(
        [](const fs::path& file) {
            write_file(file, "");
            BOOST_REQUIRE(::chown(file.c_str(), nobody, nobody) == 0);
        },
        "it belongs to user nobody (65534)");
    const program p;
    BOOST_REQUIRE(::chown(p.directory.path().c_str(), nobody, nobody) == 0);
    fails(p, 1, p.directory.path().string(), "it belongs to user nobody (65534)");
}

BOOST_AUTO_TEST_CASE(of_a_directory_without_write_permission, *boost::unit_test::label("root"))
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root");
    if (run_as_nobody({"/bin/sh", "-c", "test -x " DAEMONKIT_TEST_DAEMON_DIR "/commanded"}).status != 0)
        DAEMONKIT_SKIP("the build directory is closed to other users");
    const program p; // root's
    fails(p, 4, p.pid_file.string(), "Permission denied", touches::nothing, nobody);
    program missing;
    missing.pid_file = missing.directory / "not" / "there" / "d.pid";
    fails(missing, 4, (missing.directory / "not").string(), "Permission denied", touches::nothing, nobody);
    program other;
    BOOST_REQUIRE(::chown(other.directory.path().c_str(), nobody, nobody) == 0);
    other.environment = {"RUN_AS=root"};
    fails(other, 4, "root", "only root may become another user; start the daemon as root", touches::nothing, nobody);
}

BOOST_AUTO_TEST_CASE(of_a_path_that_is_not_absolute)
{
    for (const char* path : {"", "d.pid", "./d.pid", "../d.pid", "/tmp/", "/tmp/.", "/tmp/.."}) {
        program p;
        p.pid_file = path;
        fails(p, 6, path, "its path must be absolute and name a file");
    }
    program p;
    write_file(p.directory / "file", "");
    p.pid_file = p.directory / "file" / "d.pid";
    fails(p, 1, (p.directory / "file").string(), "Not a directory");
}

BOOST_AUTO_TEST_CASE(of_users_and_directories_that_do_not_exist)
{
    program user;
    user.environment = {"RUN_AS=no-such-user"};
    fails(user, 6, "no-such-user", "it does not exist");

    program directory;
    directory.environment = {"DIRECTORY=/no/such/directory"};
    fails(directory, 6, "/no/such/directory", "there is no such directory", touches::directories);
    directory.environment = {"DIRECTORY=/etc/passwd"};
    fails(directory, 6, "/etc/passwd", "there is no such directory", touches::directories);

    program made; // and the directories made for the pid file are removed too
    made.pid_file = made.directory / "a" / "b" / "d.pid";
    made.environment = {"DIRECTORY=/no/such/directory"};
    fails(made, 6, "/no/such/directory", "there is no such directory", touches::directories);
}

BOOST_AUTO_TEST_CASE(of_a_log_that_cannot_be_made)
{
    program p("logging");
    const auto with_log = [&](const fs::path& log) { p.environment = {"LOG=" + log.string()}; };
    write_file(p.directory / "file", "");
    with_log(p.directory / "file" / "log");
    fails(p, 1, (p.directory / "file").string(), "Not a directory", touches::directories);
    with_log(p.directory / "file" / "more" / "log");
    fails(p, 1, (p.directory / "file").string(), "Not a directory", touches::directories);
    with_log(p.directory.path());
    fails(p, 1, p.directory.path().string(), "Is a directory", touches::directories);
    with_log("log");
    fails(p, 6, "log", "its path must be absolute", touches::directories);
    fs::create_symlink("file", p.directory / "link");
    with_log(p.directory / "link");
    fails(p, 1, (p.directory / "link").string(), "it is a symbolic link", touches::directories);
    ::mkfifo((p.directory / "fifo").c_str(), 0600);
    with_log(p.directory / "fifo");
    fails(p, 1, (p.directory / "fifo").string(), "", touches::directories);
    with_log("/proc/no/such/log");
    fails(p, 1, "/proc/no", "", touches::directories);
}

BOOST_AUTO_TEST_CASE(of_a_program_that_has_threads_already)
{
    program p;
    p.environment = {"IDLE_THREAD=1"};
    fails(p, 1, "fork", "the process has 2 threads");
    p.environment.clear();
    BOOST_TEST(p({"start"}).status == 0);
}

BOOST_AUTO_TEST_CASE(of_no_file_touch_the_one_of_a_running_daemon)
{
    const program p;
    BOOST_REQUIRE(p({"start"}).status == 0);
    const auto before = listing(p.directory.path());
    BOOST_TEST(p({"start"}).status == 0);
    program other;
    other.pid_file = p.pid_file;
    other.environment = {"RUN_AS=no-such-user"};
    BOOST_TEST(other({"start"}).status == 6);
    BOOST_TEST(other({"--wings"}).status == 2);
    BOOST_TEST(p({"status"}).status == 0);
    BOOST_TEST(listing(p.directory.path()) == before, boost::test_tools::per_element());
    BOOST_TEST((p.processes() == std::vector{p.pid()}));
}

BOOST_AUTO_TEST_SUITE_END()
