// SPDX-License-Identifier: BSL-1.0
// An exception that leaves a thread ends the daemon: with its reason in the log and in the system log, without a record.
#include "speaking.hpp"

#include <csignal>
#include <cstdlib>
#include <exception>

using namespace daemonkit;

namespace {

constexpr const char* uncaught = "speaker: ended by an exception that was not caught: the disk is full";

/// Runs in the foreground in a child of the test.
outcome run_in_foreground(const place& at, const std::function<void(silent&)>& program)
{
    return in_child([&] {
        silent daemon;
        program(daemon);
        return daemon.run_in_foreground(at.settings<silent>()).status;
    });
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(threads, nothing_left, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(the_reason_is_in_the_log_and_in_the_system_log)
{
    place at;
    NEEDS_SYSTEM_LOG(at);
    BOOST_TEST(at.start<logging>([](logging& d) { d.working = worker_fails; }).status == 0);
    BOOST_TEST(at.system.says(uncaught), at.system.heard());
    BOOST_TEST(at.system.heard().starts_with("<26>"), at.system.heard()); // LOG_DAEMON, LOG_CRIT
    BOOST_TEST(has_log_line(at.logged(), std::string("critical: ") + uncaught), at.logged());
    BOOST_TEST(
        eventually([&] { return silent::status(at.settings<silent>()).status() == exit_status::status_stopped; }));
    BOOST_TEST(!at.running(), "the record is removed");
}

BOOST_AUTO_TEST_CASE(the_reason_is_in_the_system_log_where_standard_error_leads_nowhere)
{
    place at;
    NEEDS_SYSTEM_LOG(at);
    BOOST_TEST(at.start<silent>([](silent& d) { d.working = worker_fails; }).status == 0);
    BOOST_TEST(at.system.says(uncaught), at.system.heard());
    BOOST_TEST(eventually([&] { return !at.running(); }), "the record is removed");
}

BOOST_AUTO_TEST_CASE(while_the_daemon_starts_the_launcher_has_the_reason)
{
    const place at;
    const auto failed = at.start<silent>([](silent& d) { d.starting = worker_fails; });
    BOOST_TEST(failed.status == 1);
    BOOST_TEST(failed.out == "ended by an exception that was not caught: the disk is full\n");
    BOOST_TEST(!at.running());
}

BOOST_AUTO_TEST_CASE(the_process_aborts_and_the_handler_of_the_program_runs)
{
    const place at;
    const auto aborted = run_in_foreground(at, [](silent& d) {
        std::set_terminate([] {
            std::fputs("handler of the program\n", stderr);
            std::abort();
        });
        d.working = worker_fails;
    });
    BOOST_TEST(aborted.status == 128 + SIGABRT);
    BOOST_TEST(contains(aborted.err, std::string(uncaught) + "\nhandler of the program\n"), aborted.err);
    BOOST_TEST(!at.running());
}

BOOST_AUTO_TEST_CASE(an_exception_out_of_a_noexcept_function_of_run_is_the_same)
{
    const place at;
    const auto aborted = run_in_foreground(at, [](silent& d) { d.working = [] { []() noexcept { fails(); }(); }; });
    BOOST_TEST(aborted.status == 128 + SIGABRT);
    BOOST_TEST(contains(aborted.err, uncaught), aborted.err);
    BOOST_TEST(!at.running());
}

BOOST_AUTO_TEST_CASE(a_child_that_ends_so_leaves_the_record_of_the_daemon)
{
    const place at;
    const auto stayed = run_in_foreground(at, [&](silent& d) {
        d.working = [&] {
            const pid_t child = ::fork();
            if (child == 0) worker_fails();
            const bool aborted = exit_status_of(child) == 128 + SIGABRT;
            if (!holds(aborted && at.running(), "the child ended, and the record stays")) ::_exit(9);
            ::kill(::getpid(), SIGTERM);
        };
    });
    BOOST_TEST(stayed.status == 0, stayed.err);
    BOOST_TEST(!at.running());
}

BOOST_AUTO_TEST_CASE(after_run_the_handler_is_the_one_of_the_program_again)
{
    const place at;
    const auto same = in_child([&] {
        const auto before = std::get_terminate();
        silent daemon;
        daemon.working = [] { ::kill(::getpid(), SIGTERM); };
        const int status = daemon.run_in_foreground(at.settings<silent>()).status;
        return holds(std::get_terminate() == before, "the handler is the old one") ? status : 1;
    });
    BOOST_TEST(same.status == 0, same.err);
}

BOOST_AUTO_TEST_SUITE_END()
