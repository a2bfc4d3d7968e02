// SPDX-License-Identifier: BSL-1.0
// configured_stdio: the output of a daemon goes where a setting says.
#include "support/child_process.hpp"
#include "support/file.hpp"
#include "support/skip.hpp"
#include "support/temporary_directory.hpp"
#include "support/text.hpp"
#include "support/user.hpp"

#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>
#include <daemonkit/stderr_log.hpp>

#include <boost/test/unit_test.hpp>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <iostream>
#include <optional>
#include <stdexcept>

namespace configured {

using namespace daemonkit;

static_assert(stdio_policy<configured_stdio>);

void say(const std::string& line) { child_process::say(line); }

/// A syslog daemon at a path, whose messages the test reads.
class syslog_daemon
{
public:
    explicit syslog_daemon(const boost::filesystem::path& path) : path_(path)
    {
        sockaddr_un address{AF_UNIX, {}};
        path.string().copy(address.sun_path, sizeof address.sun_path - 1);
        socket_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        const timeval patience{std::chrono::seconds(generous).count(), 0};
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        BOOST_REQUIRE(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        BOOST_REQUIRE(::chmod(path.c_str(), 0666) == 0);
    }
    syslog_daemon(const syslog_daemon&) = delete;
    syslog_daemon& operator=(const syslog_daemon&) = delete;
    ~syslog_daemon() { boost::filesystem::remove(path_); }

    /// The next message.
    [[nodiscard]] std::string message() const
    {
        std::array<char, 4096> bytes;
        const auto n = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
        return n > 0 ? std::string(bytes.data(), static_cast<std::size_t>(n)) : "no message";
    }

private:
    boost::filesystem::path path_;
    sys::unique_fd socket_{};
};

template <class Fork = double_fork>
struct written : basic_daemon<written<Fork>, Fork, no_pid_file, signalfd_signals, configured_stdio>
{
    std::function<void()> first = [] {};
    std::function<void()> again = [] {};

    int run()
    {
        first();
        say("running " + std::to_string(::getpid()));
        while (this->wait()) {}
        return 0;
    }
    void on_reload()
    {
        again();
        say("reloaded");
    }
};

/// Starts a daemon in a child of the test. It prints in run(), and at each reload.
template <class Fork = double_fork>
child_process started(const configured_stdio& to, const std::function<void()>& first = {},
                      const std::function<void()>& again = {}, process_settings process = {})
{
    return child_process([&] {
        written<Fork> daemon;
        if (first) daemon.first = first;
        if (again) daemon.again = again;
        process.name = "written";
        process.keep_descriptors = child_process::descriptors();
        const auto result = daemon.start({.stdio = to, .process = process});
        if (result.in_launcher && !result.message.empty())
            say("launcher: " + std::to_string(result.status) + " " + result.message);
        return result;
    });
}

pid_t running(child_process& launcher)
{
    if (!launcher.says("running ")) return 0;
    return std::stoi(launcher.rest_of_line());
}

configured_stdio to_syslog(const temporary_directory& dir)
{
    return {.to = log_target::syslog, .syslog_socket = (dir / "log").string()};
}

void say_hello()
{
    std::printf("hello %d\n", 1);
    std::cerr << std::nounitbuf << "hello " << 2 << '\n';
    stderr_log(log_level::warning, "hello 3");
}

} // namespace configured

BOOST_AUTO_TEST_SUITE(configured_stdio_targets, *boost::unit_test::label("process"))

using namespace configured;

BOOST_AUTO_TEST_CASE(null_is_dev_null)
{
    auto launcher = started({});
    const pid_t daemon = running(launcher);
    BOOST_REQUIRE(daemon != 0);
    for (const char* const fd : {"fd/0", "fd/1", "fd/2"}) BOOST_TEST(proc_link(daemon, fd) == "/dev/null");
    ::kill(daemon, SIGHUP);
    BOOST_TEST(launcher.says("reloaded"));
}

BOOST_AUTO_TEST_CASE(file_is_a_log_that_a_reload_opens_again)
{
    const temporary_directory dir;
    const auto log = dir / "logs/log";
    auto launcher = started({.to = log_target::file, .output = log, .mode = 0600}, say_hello, say_hello);
    const pid_t daemon = running(launcher);
    BOOST_REQUIRE(daemon != 0);
    BOOST_TEST(count_of(read_file(log), "hello ") == 3U);
    BOOST_TEST(mode_of(log) == 0600U);
    boost::filesystem::rename(log, dir / "old");
    ::kill(daemon, SIGHUP);
    BOOST_TEST(launcher.says("reloaded"));
    BOOST_TEST(count_of(read_file(log), "hello ") == 3U);
    BOOST_TEST(proc_link(daemon, "fd/2") == log.string());
}

BOOST_AUTO_TEST_CASE(file_without_a_path_is_refused)
{
    auto launcher = started({.to = log_target::file});
    BOOST_TEST(launcher.status() == 6);
    BOOST_TEST(launcher.says("launcher: 6 cannot use the log file: its path must be absolute"));
}

BOOST_AUTO_TEST_CASE(inherit_is_refused_where_the_daemon_detaches)
{
    const std::string sentence =
        "launcher: 6 cannot detach: standard input, output and error would stay those of the caller: set another "
        "target for the output, or run the daemon in the foreground by the verb run\n";
    auto launcher = started({.to = log_target::inherit});
    BOOST_TEST(launcher.status() == 6);
    BOOST_TEST(launcher.everything() == sentence);
    auto single = started<single_fork>({.to = log_target::inherit});
    BOOST_TEST(single.everything() == sentence);
}

BOOST_AUTO_TEST_CASE(inherit_keeps_the_streams_in_the_foreground)
{
    auto foreground = started<no_fork>({.to = log_target::inherit}, say_hello, say_hello);
    BOOST_REQUIRE(running(foreground) == foreground.pid());
    BOOST_TEST(contains(foreground.heard(), "hello 2\n"));
    foreground.signal(SIGHUP);
    BOOST_TEST(foreground.says("reloaded"));
    foreground.signal(SIGTERM);
    BOOST_TEST(foreground.status() == 0);

    child_process run([] {
        written<> daemon;
        return int(daemon.run_in_foreground({.stdio = {.to = log_target::inherit}}));
    });
    BOOST_REQUIRE(running(run) == run.pid());
    run.signal(SIGTERM);
    BOOST_TEST(run.status() == 0);
}

BOOST_AUTO_TEST_CASE(a_failure_on_inherited_streams_is_printed_once)
{
    struct failing : basic_daemon<failing, no_fork, no_pid_file, signalfd_signals, configured_stdio>
    {
        void on_start() { throw std::runtime_error("no such index"); }
        int run() { return 0; }
    };
    child_process foreground([] {
        std::string words[] = {"failing", "start"};
        char* argv[] = {words[0].data(), words[1].data(), nullptr};
        return command_line<failing>(2, argv, {.stdio = {.to = log_target::inherit}, .process = {.name = "failing"}});
    });
    BOOST_TEST(foreground.status() == 1);
    BOOST_TEST(foreground.everything() == "failing: no such index\n");
}

BOOST_AUTO_TEST_CASE(syslog_gets_each_line_as_one_message)
{
    const temporary_directory dir;
    const syslog_daemon log(dir / "log");
    auto launcher = started(to_syslog(dir), say_hello);
    const pid_t daemon = running(launcher);
    BOOST_REQUIRE(daemon != 0);
    BOOST_TEST(proc_link(daemon, "fd/0") == "/dev/null");
    BOOST_TEST(log.message() == "hello 1\n");
    BOOST_TEST(log.message() == "hello 2\n");
    BOOST_TEST(log.message() == "warning: hello 3\n");
}

BOOST_AUTO_TEST_CASE(syslog_in_the_foreground_and_after_handoff_fork)
{
    const temporary_directory dir;
    const syslog_daemon log(dir / "log");
    auto foreground = started<no_fork>(to_syslog(dir), say_hello);
    BOOST_REQUIRE(running(foreground) != 0);
    for (const char* const line : {"hello 1\n", "hello 2\n", "warning: hello 3\n"}) BOOST_TEST(log.message() == line);
    if (!daemonkit::sys::memory_can_be_shared()) return;
    auto handed_over = started<handoff_fork>(to_syslog(dir), say_hello);
    BOOST_REQUIRE(running(handed_over) != 0);
    BOOST_TEST(log.message() == "hello 1\n");
}

BOOST_AUTO_TEST_CASE(without_a_syslog_daemon_the_start_fails)
{
    const temporary_directory dir;
    auto missing = started(to_syslog(dir));
    BOOST_TEST(missing.everything() == "launcher: 1 cannot connect to the system log " + (dir / "log").string() +
                                           ": no syslog daemon listens there: start one, or send the output to a "
                                           "file\n");
    const auto too_long = started({.to = log_target::syslog, .syslog_socket = "/" + std::string(200, 'x')}).status();
    BOOST_TEST(too_long == 1);
}

BOOST_AUTO_TEST_CASE(a_reload_connects_to_a_syslog_daemon_that_was_restarted)
{
    const temporary_directory dir;
    std::optional<syslog_daemon> log(dir / "log");
    auto launcher = started(to_syslog(dir), say_hello, say_hello);
    const pid_t daemon = running(launcher);
    BOOST_REQUIRE(daemon != 0);
    log.reset();
    ::kill(daemon, SIGHUP); // there is none: the lines are lost, the reload is not refused
    BOOST_TEST(launcher.says("reloaded"));
    log.emplace(dir / "log");
    ::kill(daemon, SIGHUP);
    BOOST_TEST(launcher.says("reloaded"));
    BOOST_TEST(log->message() == "hello 1\n");
    BOOST_TEST(launcher.status() == 0); // from then on the daemon is a child of the test
    ::kill(daemon, SIGTERM);
    BOOST_TEST(child_process::status_of(daemon) == 0);
}

BOOST_AUTO_TEST_CASE(syslog_is_reached_in_another_root_directory_and_by_another_user, *boost::unit_test::label("root"))
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root");
    const temporary_directory dir;
    const temporary_directory jail;
    const syslog_daemon log(dir / "log");
    auto launcher = started(to_syslog(dir), {}, say_hello, {.user = "nobody", .chroot = jail.path().string()});
    const pid_t daemon = running(launcher);
    BOOST_REQUIRE(daemon != 0);
    ::kill(daemon, SIGHUP); // the socket is out of reach: the old connection stays
    BOOST_TEST(launcher.says("reloaded"));
    BOOST_TEST(log.message() == "hello 1\n");
}

BOOST_AUTO_TEST_SUITE_END()
