// SPDX-License-Identifier: BSL-1.0
// Settings that a function makes, and a launcher that does not return. Each test is a program of its own in a child.
#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include "support/child_process.hpp"
#include "support/file.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"
#include "support/text.hpp"

#include <boost/filesystem/operations.hpp>
#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

using namespace daemonkit;

namespace {

struct configured : basic_daemon<configured, single_fork>
{
    int run()
    {
        while (wait()) {}
        return 7;
    }
};

/// A program with these arguments, whose settings are made by a function that throws what `fails` throws.
outcome configured_program(const std::string& verb, const std::function<void()>& fails,
                           const std::string& directory = "/", const std::string& option = "--quiet")
{
    return in_child([&] {
        if (::chdir(directory.c_str()) == -1) return 99;
        std::string words[] = {"configured", verb, option};
        char* argv[] = {words[0].data(), words[1].data(), words[2].data(), nullptr};
        return command_line<configured>(3, argv, [&]() -> configured::settings {
            fails();
            return {.pid = {.path = boost::filesystem::current_path() / "d.pid"}};
        });
    });
}

void nothing() {}
std::string message(const std::string& text) { return std::string(sys::program_name()) + ": " + text + "\n"; }

} // namespace

BOOST_FIXTURE_TEST_SUITE(settings_by_function, nothing_left, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(what_it_throws_is_a_message_and_an_exit_status)
{
    for (const char* const verb : {"start", "stop", "restart", "run", "reload"}) {
        const auto text = configured_program(verb, [] { throw std::runtime_error("no line 7"); });
        BOOST_TEST(text.status == exit_status::not_configured);
        BOOST_TEST(text.err == message("cannot make the settings: no line 7"));
        BOOST_TEST(text.out == "");
        BOOST_TEST(configured_program(verb, [] {
                       throw startup_error({EACCES, std::system_category()}, "read", "x.conf");
                   }).status == exit_status::no_privilege);
        BOOST_TEST(configured_program(verb, [] { throw 7; }).status == exit_status::not_configured);
    }
    const auto fails = [] { throw std::runtime_error("no line 7"); };
    BOOST_TEST(configured_program("status", fails).status == exit_status::status_unknown);
    BOOST_TEST(configured_program("status", fails).err == message("cannot make the settings: no line 7"));
    const auto json = configured_program("status", fails, "/", "--json");
    BOOST_TEST(json.status == exit_status::status_unknown);
    BOOST_TEST(json.err == "");
    BOOST_TEST(json.out.starts_with(R"({"schema": 1, "name": ")" + std::string(sys::program_name()) +
                                    R"(", "state": "unknown", "pid": null, )"),
               json.out);
    BOOST_TEST(contains(json.out, R"("error": "cannot make the settings: no line 7")"), json.out);
    BOOST_TEST(json.out.ends_with("}\n"), json.out);
}

BOOST_AUTO_TEST_CASE(a_stop_schedule_with_an_absurd_time)
{
    const auto absurd = [] {
        using namespace std::chrono_literals;
        const configured::settings never{.pid = {.path = "/run/d.pid"}, .stop = {{SIGTERM, 100'000h}}};
    };
    const auto said = configured_program("start", absurd);
    BOOST_TEST(said.status == exit_status::not_configured);
    BOOST_TEST(said.err == message("cannot use the stop schedule: a time in it is negative, or longer than a year"));
}

BOOST_AUTO_TEST_CASE(a_deleted_working_directory)
{
    temporary_directory top;
    const auto gone = (top / "gone").string();
    const auto said = in_child([&] {
        boost::filesystem::create_directory(gone);
        if (::chdir(gone.c_str()) == -1 || ::rmdir(gone.c_str()) == -1) return 99;
        return configured_program("start", nothing, ".").status;
    });
    BOOST_TEST(said.status == exit_status::not_configured, said.err);
}

BOOST_AUTO_TEST_CASE(it_is_not_called_for_help_and_wrong_arguments)
{
    const auto called = [] { std::puts("called"); };
    BOOST_TEST(configured_program("--help", called).status == 0);
    BOOST_TEST(!contains(configured_program("--help", called).out, "called"));
    BOOST_TEST(configured_program("sing", called).status == exit_status::usage);
    BOOST_TEST(!contains(configured_program("sing", called).out, "called"));
}

BOOST_AUTO_TEST_CASE(every_verb_works_with_them)
{
    temporary_directory top;
    const auto at = top.path().string();
    const daemon_in ended((top / "d.pid").string());
    BOOST_TEST(configured_program("start", nothing, at).status == 0);
    BOOST_TEST(configured_program("status", nothing, at).status == 0);
    BOOST_TEST(configured_program("stop", nothing, at).status == 0);
    BOOST_TEST(configured_program("status", nothing, at).status == exit_status::status_stopped);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(launcher_returns, nothing_left, *boost::unit_test::label("process"))

namespace {

void at_exit() { child_process::say("exit handler in " + std::to_string(::getpid())); }

/// The program of the issue: main() saves something after the call.
int saving_main(const boost::filesystem::path& pid_file, bool returns, const std::string& verb)
{
    std::atexit(at_exit);
    configured::settings settings{
        .pid = {.path = pid_file},
        .process = {.name = "saver", .launcher_returns = returns, .keep_descriptors = child_process::descriptors()}};
    int status = 0;
    if (verb.empty()) {
        status = configured{}.start(settings).status;
    } else {
        std::string words[] = {"saver", verb};
        char* argv[] = {words[0].data(), words[1].data(), nullptr};
        status = command_line<configured>(2, argv, settings);
    }
    child_process::say("saved by " + std::to_string(::getpid()));
    std::exit(status);
}

} // namespace

BOOST_AUTO_TEST_CASE(only_the_daemon_runs_what_follows)
{
    for (const char* const verb : {"", "start"}) {
        temporary_directory top;
        const auto file = top / "d.pid";
        child_process launcher([&] { return saving_main(file, false, verb); });
        BOOST_TEST(launcher.status() == 0);
        const pid_t daemon = pid_in(file.string());
        BOOST_TEST_REQUIRE(alive(daemon));
        BOOST_TEST(!contains(launcher.heard(), "saved"));
        ::kill(daemon, SIGTERM);
        BOOST_TEST(launcher.said("saved by " + std::to_string(daemon) + "\n"), launcher.heard());
        BOOST_TEST(launcher.said("exit handler in " + std::to_string(daemon) + "\n"), launcher.heard());
        BOOST_TEST(count_of(launcher.everything(), "saved") == 1U, launcher.heard());
        BOOST_TEST(contains(launcher.heard(), "saver: started (pid ") == (*verb != '\0'), launcher.heard());
    }
}

BOOST_AUTO_TEST_CASE(a_failed_start_and_other_verbs_print_and_end)
{
    temporary_directory top;
    child_process failed([&] { return saving_main("relative/d.pid", false, ""); });
    BOOST_TEST(failed.status() == exit_status::not_configured);
    BOOST_TEST(failed.everything().starts_with("saver: cannot use the pid file relative/d.pid: "), failed.heard());
    BOOST_TEST(count_lines(failed.heard()) == 1U, failed.heard());
    for (const char* const verb : {"stop", "status", "try-restart"}) {
        child_process other([&] { return saving_main(top / "d.pid", false, verb); });
        BOOST_TEST(other.status() == (verb == std::string("status") ? exit_status::status_stopped : 0));
        BOOST_TEST(other.everything() == "saver: not running\n");
    }
}

BOOST_AUTO_TEST_CASE(without_the_setting_both_processes_return)
{
    temporary_directory top;
    const auto file = top / "d.pid";
    child_process launcher([&] { return saving_main(file, true, "start"); });
    BOOST_TEST(launcher.status() == 0);
    const pid_t daemon = pid_in(file.string());
    BOOST_TEST(launcher.said("saved by " + std::to_string(launcher.pid()) + "\n"), launcher.heard());
    ::kill(daemon, SIGTERM);
    BOOST_TEST(launcher.said("saved by " + std::to_string(daemon) + "\n"), launcher.heard());
}

BOOST_AUTO_TEST_SUITE_END()
