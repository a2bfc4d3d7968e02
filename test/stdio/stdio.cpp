// SPDX-License-Identifier: BSL-1.0
// The standard streams of a daemon: its descriptors and files, as other processes see them.
#include "support/child_process.hpp"
#include "support/file.hpp"
#include "support/mounts.hpp"
#include "support/process.hpp"
#include "support/skip.hpp"
#include "support/temporary_directory.hpp"
#include "support/text.hpp"
#include "support/user.hpp"

#include <daemonkit/basic_daemon.hpp>
#include <daemonkit/fork/double_fork.hpp>
#include <daemonkit/fork/no_fork.hpp>
#include <daemonkit/pid/no_pid_file.hpp>
#include <daemonkit/signal/signalfd_signals.hpp>
#include <daemonkit/stdio.hpp>

#include <boost/filesystem/directory.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <fstream>
#include <thread>

using namespace std::chrono_literals;
using namespace daemonkit;

namespace {

static_assert(stdio_policy<daemonkit::inherit_stdio> && stdio_policy<daemonkit::null_stdio> &&
              stdio_policy<daemonkit::log_file_stdio>);
static_assert(daemonkit::inherit_stdio::keeps_terminal && !daemonkit::inherit_stdio::reopens);
static_assert(!daemonkit::null_stdio::keeps_terminal && !daemonkit::null_stdio::reopens);
static_assert(!daemonkit::log_file_stdio::keeps_terminal && daemonkit::log_file_stdio::reopens);

struct minimal
{
    static constexpr bool keeps_terminal = true;
    static constexpr bool reopens = false;
    fixed_streams redirect() const { return {}; }
};
struct says_nothing_of_the_terminal
{
    [[maybe_unused]] static constexpr bool reopens = false;
    fixed_streams redirect() const { return {}; }
};
struct says_nothing_of_reopening
{
    static constexpr bool keeps_terminal = true;
    fixed_streams redirect() const { return {}; }
};
struct stays_root : minimal
{
    struct guard
    {
        void reopen() {}
    };
    guard redirect() const { return {}; }
};
static_assert(stdio_policy<minimal>);
static_assert(!stdio_policy<says_nothing_of_the_terminal> && !stdio_policy<says_nothing_of_reopening>);
static_assert(!stdio_policy<stays_root>);

void say(const std::string& line) { child_process::say(line); }

template <class Stdio, class Fork = double_fork>
struct speaking : basic_daemon<speaking<Stdio, Fork>, Fork, no_pid_file, signalfd_signals, Stdio>
{
    std::function<int(speaking&)> body = [](speaking& self) {
        say("running " + std::to_string(::getpid()));
        while (self.wait()) {}
        return 0;
    };
    int run() { return body(*this); }
    void on_reload() { say("reloaded"); }
};
using logging = speaking<daemonkit::log_file_stdio>;

struct where
{
    daemonkit::log_file_stdio files;
    process_settings process{};
};

/// A daemon with log files, detached from a child of the test.
child_process logging_to(const where& w, const std::function<int(logging&)>& body = {})
{
    return child_process([&] {
        logging d;
        if (body) d.body = body;
        auto process = w.process;
        process.name = "logging";
        process.keep_descriptors = child_process::descriptors();
        const auto result = d.start({.stdio = w.files, .process = process});
        if (result.in_launcher) say("launcher: " + std::to_string(result.status) + " " + result.message);
        return result;
    });
}

pid_t running(child_process& launcher)
{
    if (!launcher.says("running ")) return 0;
    const pid_t daemon = std::stoi(launcher.rest_of_line());
    BOOST_TEST(launcher.status() == 0);
    return daemon;
}

/// The flags in /proc/PID/fdinfo/FD, as open(2) knows them.
int flags_of(pid_t pid, int fd)
{
    std::ifstream in("/proc/" + std::to_string(pid) + "/fdinfo/" + std::to_string(fd));
    for (std::string word; in >> word;)
        if (word == "flags:" && in >> word) return std::stoi(word, nullptr, 8);
    return 0;
}

/// Starts with these files and expects a refusal: the one sentence, after "launcher: STATUS ".
std::string refusal(const where& w)
{
    auto launcher = logging_to(w);
    BOOST_TEST(launcher.says("launcher: "));
    auto sentence = launcher.rest_of_line();
    const int status = launcher.status();
    BOOST_TEST(status == sentence.front() - '0');
    BOOST_TEST(!contains(launcher.everything(), "running"));
    return sentence;
}

} // namespace

BOOST_AUTO_TEST_SUITE(inherit_stdio, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(streams_stay_those_of_the_caller)
{
    const auto seen = in_child([] {
        speaking<daemonkit::inherit_stdio, no_fork> d;
        d.body = [](auto&) {
            std::puts("to stdout");
            std::fputs("to stderr\n", stderr);
            return proc_link(::getpid(), "fd/0") == "/dev/null" ? 3 : 4; // in_child() gives that
        };
        return d.start({});
    });
    BOOST_TEST(seen.status == 3);
    BOOST_TEST(seen.out == "to stdout\n");
    BOOST_TEST(seen.err == "to stderr\n");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(null_stdio, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(all_three_lead_to_dev_null_and_writing_succeeds)
{
    child_process launcher([] {
        speaking<daemonkit::null_stdio> d;
        d.body = [](auto& self) {
            char byte = 0;
            const bool written = std::printf("nobody reads this\n") > 0 && std::fflush(stdout) == 0 &&
                                 ::write(2, "x", 1) == 1 && ::read(0, &byte, 1) == 0;
            say((written ? "running " : "failed ") + std::to_string(::getpid()));
            const pid_t child = ::fork(); // and programs it executes have them too
            if (child == 0) {
                ::dup2(child_process::voice, 9);
                ::execlp("sh", "sh", "-c", "echo of the child: $(readlink /proc/$$/fd/0 /proc/$$/fd/2) >&9", nullptr);
            }
            while (self.wait()) {}
            return 0;
        };
        return d.start({.process = {.keep_descriptors = child_process::descriptors()}});
    });
    const pid_t daemon = running(launcher);
    BOOST_REQUIRE(daemon != 0);
    for (const char* name : {"fd/0", "fd/1", "fd/2"}) BOOST_TEST(proc_link(daemon, name) == "/dev/null");
    BOOST_TEST(launcher.says("of the child: /dev/null /dev/null\n"));
}

BOOST_AUTO_TEST_CASE(in_the_foreground_with_closed_descriptors_all_three_are_open)
{
    for (unsigned closed = 1; closed < 8; ++closed) {
        child_process daemon([=] {
            for (int fd = 0; fd <= 2; ++fd)
                if ((closed >> static_cast<unsigned>(fd) & 1U) != 0) ::close(fd);
            speaking<daemonkit::null_stdio, no_fork> d;
            d.body = [](auto&) {
                for (const char* name : {"fd/0", "fd/1", "fd/2"})
                    if (proc_link(::getpid(), name) != "/dev/null") return 1;
                return 0;
            };
            return d.start({});
        });
        BOOST_TEST(daemon.status() == 0, "closed: " << closed);
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(log_file_stdio, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(one_file_for_both_appended_to_stdin_from_dev_null)
{
    const temporary_directory dir;
    const auto log = dir / "log";
    write_file(log, "kept\n");
    auto launcher = logging_to({.files = {.output = log}}, [](logging& self) {
        std::printf("a line without a flush\n"); // shows up at once
        std::fprintf(stderr, "and an error\n");
        say("running " + std::to_string(::getpid()));
        while (self.wait()) {}
        std::printf("the end, without a newline"); // exit() would write it, _exit() does not
        std::fflush(stdout);
        return 0;
    });
    const pid_t daemon = running(launcher);
    BOOST_REQUIRE(daemon != 0);
    BOOST_TEST(read_file(log) == "kept\na line without a flush\nand an error\n");
    BOOST_TEST(proc_link(daemon, "fd/0") == "/dev/null");
    for (const int fd : {1, 2}) {
        BOOST_TEST(proc_link(daemon, "fd/" + std::to_string(fd)) == log.string());
        BOOST_TEST((flags_of(daemon, fd) & (O_APPEND | O_WRONLY)) == (O_APPEND | O_WRONLY));
        BOOST_TEST((flags_of(daemon, fd) & O_CLOEXEC) == 0); // what it executes writes there too
    }
    // It appends, also when other processes write to the file.
    append_file(log, "from outside\n");
    ::kill(daemon, SIGTERM);
    BOOST_TEST(child_process::status_of(daemon) == 0);
    BOOST_TEST(read_file(log) ==
               "kept\na line without a flush\nand an error\nfrom outside\nthe end, without a newline");
}

BOOST_AUTO_TEST_CASE(two_files)
{
    const temporary_directory dir;
    auto launcher = logging_to({.files = {.output = dir / "out", .error = dir / "err"}}, [](logging& self) {
        std::printf("out\n");
        std::fprintf(stderr, "err\n");
        say("running " + std::to_string(::getpid()));
        while (self.wait()) {}
        return 0;
    });
    const pid_t daemon = running(launcher);
    BOOST_REQUIRE(daemon != 0);
    BOOST_TEST(read_file(dir / "out") == "out\n");
    BOOST_TEST(read_file(dir / "err") == "err\n");
    for (const int fd : {1, 2}) BOOST_TEST((flags_of(daemon, fd) & O_APPEND) != 0);
    boost::filesystem::rename(dir / "out", dir / "out.1");
    boost::filesystem::rename(dir / "err", dir / "err.1");
    ::kill(daemon, SIGHUP);
    BOOST_TEST(launcher.says("reloaded"));
    BOOST_TEST(proc_link(daemon, "fd/1") == (dir / "out").string());
    BOOST_TEST(proc_link(daemon, "fd/2") == (dir / "err").string());
}

BOOST_AUTO_TEST_CASE(modes_are_exact_whatever_the_umask)
{
    for (const mode_t umask : {0U, 022U, 077U, 0777U}) {
        const temporary_directory dir;
        const auto log = dir / "new" / "deeper" / "log";
        auto launcher =
            logging_to({.files = {.output = log, .mode = 0620, .directory_mode = 0711}, .process = {.umask = umask}});
        const pid_t daemon = running(launcher);
        BOOST_REQUIRE(daemon != 0);
        BOOST_TEST(mode_of(log) == 0620U);
        BOOST_TEST(mode_of(dir / "new" / "deeper") == 0711U);
        BOOST_TEST(mode_of(dir / "new") == 0711U);
        boost::filesystem::rename(log, dir / "old");
        ::kill(daemon, SIGHUP);
        BOOST_TEST(launcher.says("reloaded"));
        BOOST_TEST(mode_of(log) == 0620U);
    }
}

BOOST_AUTO_TEST_CASE(the_mode_of_an_existing_file_is_kept)
{
    const temporary_directory dir;
    write_file(dir / "log", "kept\n");
    boost::filesystem::permissions(dir / "log", boost::filesystem::perms(0604));
    auto launcher = logging_to({.files = {.output = dir / "log"}});
    BOOST_REQUIRE(running(launcher) != 0);
    BOOST_TEST(mode_of(dir / "log") == 0604U);
}

namespace {

/// Counts the lines "NUMBER xxxx" in all files that begin with `prefix`: how many there are, how many numbers are
/// missing, and how many lines are torn or doubled.
struct count_of_lines
{
    std::size_t lines = 0;
    std::size_t bad = 0;
    std::size_t doubled = 0;
    std::size_t missing = 0;
};

const std::string padding(60, 'x');

count_of_lines count_numbered_lines(const boost::filesystem::path& directory, const std::string& prefix)
{
    count_of_lines count;
    std::vector<bool> seen;
    for (const auto& name : names_in(directory)) {
        if (!name.starts_with(prefix)) continue;
        std::ifstream in((directory / name).string());
        for (std::string line; std::getline(in, line);) {
            std::size_t digits = 0;
            const auto number =
                std::isdigit(static_cast<unsigned char>(line.c_str()[0])) != 0 ? std::stoul(line, &digits) : 0;
            if (digits == 0 || line.substr(digits) != " " + padding) {
                ++count.bad;
                continue;
            }
            ++count.lines;
            if (number >= seen.size()) seen.resize(number + 1);
            if (seen[number]) ++count.doubled;
            seen[number] = true;
        }
    }
    count.missing = static_cast<std::size_t>(std::count(seen.begin(), seen.end(), false));
    return count;
}

/// run() of a daemon that logs as fast as it can in a thread, while its main thread waits for events.
int log_as_fast_as_possible(logging& self)
{
    std::atomic<bool> stop{false};
    unsigned long written = 0;
    std::thread writer([&] {
        for (; !stop; ++written)
            if (written % 2 == 0)
                std::printf("%lu %s\n", written, padding.c_str());
            else {
                const auto line = std::to_string(written) + " " + padding + "\n";
                if (::write(2, line.data(), line.size()) != static_cast<ssize_t>(line.size())) std::abort();
            }
    });
    say("running " + std::to_string(::getpid()));
    while (self.wait()) {}
    stop = true;
    writer.join();
    say("wrote " + std::to_string(written));
    return 0;
}

} // namespace

BOOST_AUTO_TEST_CASE(fifty_rotations_lose_tear_and_double_no_line)
{
    const temporary_directory dir;
    auto launcher = logging_to({.files = {.output = dir / "log"}}, log_as_fast_as_possible);
    const pid_t daemon = running(launcher);
    BOOST_REQUIRE(daemon != 0);
    for (int i = 0; i < 50; ++i) {
        boost::filesystem::rename(dir / "log", dir / ("log." + std::to_string(i)));
        ::kill(daemon, SIGHUP);
        BOOST_REQUIRE(launcher.says("reloaded"));
        BOOST_REQUIRE(eventually([&] { return boost::filesystem::file_size(dir / "log") > 0; }));
    }
    ::kill(daemon, SIGTERM);
    BOOST_REQUIRE(launcher.says("wrote "));
    const auto written = std::stoul(launcher.rest_of_line());
    BOOST_TEST(child_process::status_of(daemon) == 0);
    const auto count = count_numbered_lines(dir.path(), "log");
    BOOST_TEST(count.lines == written);
    BOOST_TEST(count.bad == 0U);
    BOOST_TEST(count.doubled == 0U);
    BOOST_TEST(count.missing == 0U);
}

BOOST_AUTO_TEST_CASE(logrotate_create_and_signal_loses_no_line)
{
    auto logrotate = run({"sh", "-c", "PATH=$PATH:/usr/sbin; command -v logrotate"}).out;
    if (logrotate.empty()) DAEMONKIT_SKIP("logrotate is not installed");
    logrotate.pop_back(); // the newline
    const temporary_directory dir;
    auto launcher = logging_to({.files = {.output = dir / "log"}}, log_as_fast_as_possible);
    const pid_t daemon = running(launcher);
    BOOST_REQUIRE(daemon != 0);
    std::ofstream((dir / "conf").string())
        << (dir / "log").string() << " {\n  rotate 20\n  create 0600\n  nomail\n  nocompress\n  postrotate\n"
        << "    kill -HUP " << daemon << "\n  endscript\n}\n";
    boost::filesystem::permissions(dir / "conf", boost::filesystem::perms(0600));
    for (int i = 0; i < 5; ++i) {
        const auto rotated = run({logrotate, "--force", "--state", (dir / "state").string(), (dir / "conf").string()});
        BOOST_REQUIRE_MESSAGE(rotated.status == 0, rotated.err);
        BOOST_REQUIRE(launcher.says("reloaded"));
        BOOST_REQUIRE(eventually([&] { return boost::filesystem::file_size(dir / "log") > 0; }));
        BOOST_TEST(mode_of(dir / "log") == 0600U); // a file that logrotate made keeps its mode
    }
    ::kill(daemon, SIGTERM);
    BOOST_REQUIRE(launcher.says("wrote "));
    const auto written = std::stoul(launcher.rest_of_line());
    const auto count = count_numbered_lines(dir.path(), "log");
    BOOST_TEST(boost::filesystem::exists(dir / "log.5"));
    BOOST_TEST(count.lines == written);
    BOOST_TEST(count.bad + count.doubled + count.missing == 0U);
}

BOOST_AUTO_TEST_CASE(a_reopen_that_fails_keeps_the_old_file_and_says_so)
{
    const temporary_directory dir;
    const auto logs = dir / "logs";
    const auto speak = [](logging& self) {
        say("running " + std::to_string(::getpid()));
        while (self.wait_for(1ms)) std::printf("tick\n");
        return 0;
    };
    auto launcher = logging_to({.files = {.output = logs / "log", .error = logs / "err"}}, speak);
    const pid_t daemon = running(launcher);
    BOOST_REQUIRE(daemon != 0);
    boost::filesystem::rename(logs, dir / "old");
    write_file(logs, "a file where the directory was");
    ::kill(daemon, SIGHUP);
    const std::string sentence =
        "logging: reload refused, the old state stays: cannot make the directory of the log file " + logs.string();
    BOOST_TEST(eventually([&] { return contains(read_file(dir / "old" / "err"), sentence); }));
    const auto size = boost::filesystem::file_size(dir / "old" / "log");
    BOOST_TEST(eventually([&] { return boost::filesystem::file_size(dir / "old" / "log") > size; }));

    // Only the second file cannot be opened: both old files are kept, so that they remain a pair.
    boost::filesystem::remove(logs);
    boost::filesystem::create_directories(logs / "err");
    ::kill(daemon, SIGHUP);
    BOOST_TEST(eventually([&] { return contains(read_file(dir / "old" / "err"), (logs / "err").string() + ": "); }));
    BOOST_TEST(proc_link(daemon, "fd/1") == (dir / "old" / "log").string());

    // The next reload opens both when it can.
    boost::filesystem::remove(logs / "err");
    ::kill(daemon, SIGHUP);
    BOOST_TEST(launcher.says("reloaded"));
    BOOST_TEST(proc_link(daemon, "fd/1") == (logs / "log").string());
    BOOST_TEST(eventually([&] { return !read_file(logs / "log").empty(); }));
}

BOOST_AUTO_TEST_CASE(a_directory_that_was_removed_is_made_again)
{
    const temporary_directory dir;
    auto launcher = logging_to({.files = {.output = dir / "logs" / "log"}});
    const pid_t daemon = running(launcher);
    BOOST_REQUIRE(daemon != 0);
    boost::filesystem::remove_all(dir / "logs");
    ::kill(daemon, SIGHUP);
    BOOST_TEST(launcher.says("reloaded"));
    BOOST_TEST(proc_link(daemon, "fd/1") == (dir / "logs" / "log").string());
}

BOOST_AUTO_TEST_CASE(anything_but_a_plain_file_of_its_own_is_refused)
{
    const temporary_directory dir;
    const auto log = dir / "log";
    const auto before = [&](const std::string& reason, int status = 1) {
        const auto names = names_in(dir.path());
        const auto said = refusal({.files = {.output = log}});
        BOOST_TEST(said.starts_with(std::to_string(status) + " cannot "), said);
        BOOST_TEST(contains(said, log.string()), said);
        BOOST_TEST(contains(said, reason), said);
        BOOST_TEST(names_in(dir.path()) == names, boost::test_tools::per_element());
    };
    write_file(dir / "victim", "innocent\n");

    boost::filesystem::create_symlink(dir / "victim", log);
    before("it is a symbolic link");
    boost::filesystem::remove(log);
    boost::filesystem::create_symlink(dir / "nothing", log);
    before("it is a symbolic link");
    boost::filesystem::remove(log);

    boost::filesystem::create_hard_link(dir / "victim", log);
    before("it has other names (hard links)");
    boost::filesystem::remove(log);

    BOOST_REQUIRE(::mkfifo(log.c_str(), 0600) == 0);
    before(log.string()); // and does not wait for a reader
    const int reader = ::open(log.c_str(), O_RDONLY | O_NONBLOCK);
    before("it is not a regular file");
    ::close(reader);
    boost::filesystem::remove(log);

    boost::filesystem::create_directory(log);
    before("Is a directory");
    boost::filesystem::remove(log);

    BOOST_TEST(read_file(dir / "victim") == "innocent\n");
}

BOOST_AUTO_TEST_CASE(a_relative_path_is_refused)
{
    const auto said = refusal({.files = {.output = "logs/log"}});
    BOOST_TEST(said == "6 cannot use the log file logs/log: its path must be absolute, because a daemon changes its "
                       "directory");
    const temporary_directory dir;
    BOOST_TEST(
        refusal({.files = {.output = dir / "log", .error = "err"}}).starts_with("6 cannot use the log file err"));
}

BOOST_AUTO_TEST_CASE(a_directory_that_cannot_be_made_leaves_nothing_behind)
{
    const temporary_directory dir;
    write_file(dir / "file", "");
    const auto said = refusal({.files = {.output = dir / "file" / "logs" / "log"}});
    BOOST_TEST(contains(said, "cannot make the directory of the log file " + (dir / "file").string()), said);
    // The directories made for a file that then cannot be opened are removed again.
    const std::string too_long(300, 'x');
    const auto opened = refusal({.files = {.output = dir / "made" / "deeper" / too_long}});
    BOOST_TEST(contains(opened, "cannot open the log file"), opened);
    BOOST_TEST(names_in(dir.path()) == std::vector<std::string>{"file"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(in_the_foreground_with_closed_descriptors_the_files_are_where_they_belong)
{
    for (unsigned closed = 1; closed < 8; ++closed) {
        const temporary_directory dir;
        child_process daemon([&] {
            for (int fd = 0; fd <= 2; ++fd)
                if ((closed >> static_cast<unsigned>(fd) & 1U) != 0) ::close(fd);
            speaking<daemonkit::log_file_stdio, no_fork> d;
            d.body = [&](auto&) {
                std::printf("line\n");
                return proc_link(::getpid(), "fd/0") == "/dev/null" &&
                               proc_link(::getpid(), "fd/1") == (dir / "log").string() &&
                               proc_link(::getpid(), "fd/2") == (dir / "log").string()
                           ? 0
                           : 1;
            };
            return d.start({.stdio = {.output = dir / "log"}});
        });
        BOOST_TEST(daemon.status() == 0, "closed: " << closed);
        BOOST_TEST(read_file(dir / "log") == "line\n");
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(log_file_stdio_as_root, *boost::unit_test::label("root"))

BOOST_AUTO_TEST_CASE(a_full_disk_stops_nothing)
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root");
    const temporary_directory dir;
    int denied = 0;
    child_process launcher([&] {
        // A file system of its own; it ends with the last process in its namespace.
        if (!unshare_mounts() || ::mount("small", dir.path().c_str(), "tmpfs", 0, "size=64k") == -1) {
            say("no mount");
            return 77;
        }
        logging d;
        d.body = [&](logging& self) {
            int failures = 0;
            for (int i = 0; i < 5000; ++i) failures += std::printf("line %d of many\n", i) < 0 ? 1 : 0;
            say("full " + std::to_string(failures));
            if (!self.wait()) return 1; // a reload on a full disk
            boost::filesystem::resize_file(dir / "log", 0);
            std::printf("\nroom again\n");
            say(contains(read_file(dir / "log"), "room again\n") ? "it goes on" : "it is mute");
            return self.wait() ? 1 : 0;
        };
        return int(
            d.start({.stdio = {.output = dir / "log"}, .process = {.keep_descriptors = child_process::descriptors()}}));
    });
    denied = launcher.status();
    if (denied == 77) DAEMONKIT_SKIP("cannot mount a file system here");
    BOOST_TEST(denied == 0);
    BOOST_REQUIRE(launcher.says("full "));
    BOOST_TEST(std::stoi(launcher.rest_of_line()) > 0);
    const auto children = children_of(::getpid());
    BOOST_REQUIRE(children.size() == 1U);
    const pid_t daemon = children.front();
    ::kill(daemon, SIGHUP);
    BOOST_TEST(launcher.says("reloaded"));
    BOOST_TEST(launcher.says("it goes on"));
    ::kill(daemon, SIGTERM);
    BOOST_TEST(child_process::status_of(daemon) == 0);
}

BOOST_AUTO_TEST_CASE(after_dropping_privileges_the_log_is_the_users_and_can_be_reopened)
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root");
    const temporary_directory dir;
    auto launcher = logging_to({.files = {.output = dir / "out", .error = dir / "err"}, .process = {.user = "nobody"}},
                               [](logging& self) {
                                   std::printf("uid %u\n", ::getuid());
                                   say("running " + std::to_string(::getpid()));
                                   while (self.wait()) {}
                                   return 0;
                               });
    const pid_t daemon = running(launcher);
    BOOST_REQUIRE(daemon != 0);
    BOOST_TEST(read_file(dir / "out") == "uid 65534\n");
    for (const char* name : {"out", "err"}) {
        BOOST_TEST(status_of(dir / name).st_uid == 65534U);
        BOOST_TEST(status_of(dir / name).st_gid == 65534U);
    }
    ::kill(daemon, SIGHUP);
    BOOST_TEST(launcher.says("reloaded"));

    // The directory belongs to root. logrotate makes the new file (`create`), the daemon only opens it.
    boost::filesystem::rename(dir / "out", dir / "out.1");
    write_file(dir / "out", "");
    BOOST_REQUIRE(::chown((dir / "out").c_str(), nobody, nobody) == 0);
    ::kill(daemon, SIGHUP);
    BOOST_TEST(launcher.says("reloaded"));
    BOOST_TEST(proc_link(daemon, "fd/1") == (dir / "out").string());

    // Without `create` no file exists and the daemon may not make one: it logs that and keeps the old one.
    boost::filesystem::rename(dir / "out", dir / "out.2");
    ::kill(daemon, SIGHUP);
    BOOST_TEST(eventually([&] { return contains(read_file(dir / "err"), "reload refused"); }));
    BOOST_TEST(contains(read_file(dir / "err"), "Permission denied"));
    BOOST_TEST(proc_link(daemon, "fd/1") == (dir / "out.2").string());
}

BOOST_AUTO_TEST_CASE(missing_write_permission_is_reported)
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root, to change the user");
    const temporary_directory dir;
    for (const auto& path : {dir / "log", dir / "logs" / "log"}) {
        child_process launcher([&] {
            if (!become_user(nobody)) return 99;
            logging d;
            const auto result = d.start({.stdio = {.output = path}});
            say(result.message);
            return int(result);
        });
        BOOST_TEST(launcher.status() == 4);
        BOOST_TEST(launcher.says(path == dir / "log"
                                     ? "cannot open the log file " + path.string() + ": Permission denied"
                                     : "cannot make the directory of the log file " + path.parent_path().string()));
        BOOST_TEST(names_in(dir.path()).empty());
    }
}

BOOST_AUTO_TEST_SUITE_END()
