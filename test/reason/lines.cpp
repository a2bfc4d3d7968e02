// SPDX-License-Identifier: BSL-1.0
// No reason is lost: what the library says of a daemon arrives where an operator looks.
#include "speaking.hpp"

#include <sys/resource.h>

using namespace daemonkit;

BOOST_FIXTURE_TEST_SUITE(lines, nothing_left, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(an_exception_out_of_run_goes_to_the_system_log_where_standard_error_leads_nowhere)
{
    place at;
    NEEDS_SYSTEM_LOG(at);
    BOOST_TEST(at.start<silent>([](silent& d) { d.working = fails; }).status == 0);
    BOOST_TEST(at.system.says("speaker: the disk is full"), at.system.heard());
    BOOST_TEST(at.system.heard().starts_with("<27>"), at.system.heard()); // LOG_DAEMON, LOG_ERR
    BOOST_TEST(eventually([&] { return !at.running(); }));
}

BOOST_AUTO_TEST_CASE(an_exception_out_of_run_goes_to_the_log_and_to_the_system_log)
{
    place at;
    NEEDS_SYSTEM_LOG(at);
    BOOST_TEST(at.start<logging>([](logging& d) { d.working = fails; }).status == 0);
    BOOST_TEST(at.system.says("speaker: the disk is full"), at.system.heard());
    BOOST_TEST(has_log_line(at.logged(), "error: speaker: the disk is full"), at.logged());
}

BOOST_AUTO_TEST_CASE(the_reason_of_a_failed_start_reaches_launcher_and_log)
{
    place at;
    NEEDS_SYSTEM_LOG(at);
    const auto logged = at.start<logging>([](logging& d) { d.starting = fails; });
    BOOST_TEST(logged.out == "the disk is full\n");
    BOOST_TEST(has_log_line(at.logged(), "error: speaker: the disk is full"), at.logged());
    const auto silenced =
        at.start<silent>([](silent& d) { d.starting = [] { throw std::runtime_error("no network"); }; });
    BOOST_TEST(silenced.out == "no network\n");
    BOOST_TEST(at.system.says("speaker: no network"), at.system.heard());
}

BOOST_AUTO_TEST_CASE(a_failure_before_standard_error_is_redirected_is_said_once_by_the_launcher)
{
    place at;
    NEEDS_SYSTEM_LOG(at);
    const auto failed = at.start<silent>([](silent&) {}, [](auto& s) { s.process.working_directory = "/nowhere"; });
    BOOST_TEST(contains(failed.out, "/nowhere"), failed.out);
    BOOST_TEST(failed.err == "");
    BOOST_TEST(at.system.heard() == "");
}

BOOST_AUTO_TEST_CASE(a_refused_reload_is_an_event)
{
    place at;
    NEEDS_SYSTEM_LOG(at);
    BOOST_TEST(at.start<silent>([](silent& d) { d.reloading = fails; }).status == 0);
    const daemon_in ended(at.pid_file.string());
    const auto refused = silent::reload(at.settings<silent>());
    BOOST_TEST(refused.status == 1);
    BOOST_TEST(at.system.says("speaker: reload refused, the old state stays: the disk is full"), at.system.heard());
    BOOST_TEST(at.system.heard().starts_with("<28>"), at.system.heard()); // LOG_DAEMON, LOG_WARNING
}

BOOST_AUTO_TEST_CASE(a_refused_reload_in_a_log_is_no_matter_for_the_system_log)
{
    place at;
    NEEDS_SYSTEM_LOG(at);
    BOOST_TEST(at.start<logging>([](logging& d) { d.reloading = fails; }).status == 0);
    const daemon_in ended(at.pid_file.string());
    BOOST_TEST(logging::reload(at.settings<logging>()).status == 1);
    BOOST_TEST(has_log_line(at.logged(), "warning: speaker: reload refused, the old state stays: the disk is full"),
               at.logged());
    BOOST_TEST(at.system.heard() == "");
}

BOOST_AUTO_TEST_CASE(a_log_that_cannot_be_written_is_replaced_by_the_system_log)
{
    place at;
    NEEDS_SYSTEM_LOG(at);
    BOOST_TEST(at.start<logging>([](logging& d) { d.reloading = fails; },
                                 [](auto& s) { s.process.limits = {{RLIMIT_FSIZE, 16, 16}}; })
                   .status == 0);
    const daemon_in ended(at.pid_file.string());
    BOOST_TEST(logging::reload(at.settings<logging>()).status == 1);
    BOOST_TEST(at.system.says("speaker: reload refused, the old state stays: the disk is full"), at.system.heard());
}

BOOST_AUTO_TEST_CASE(a_changed_root_directory_does_not_hide_the_system_log)
{
    place at;
    NEEDS_SYSTEM_LOG(at);
    boost::filesystem::create_directory(at.top / "root");
    BOOST_TEST(at.start<silent>([](silent& d) { d.working = fails; },
                                [&](auto& s) { s.process.chroot = (at.top / "root").string(); })
                   .status == 0);
    BOOST_TEST(at.system.says(": the disk is full"), at.system.heard());
}

BOOST_AUTO_TEST_CASE(a_command_whose_standard_error_leads_nowhere_tells_the_system_log_why_it_failed)
{
    place at;
    NEEDS_SYSTEM_LOG(at);
    const auto call = [&](const char* stream, auto settings) {
        return in_child([&] {
            ::dup2(::open(stream, O_WRONLY | O_CREAT | O_CLOEXEC, 0600), 2);
            std::string words[] = {"speaker", "start"};
            char* argv[] = {words[0].data(), words[1].data(), nullptr};
            return command_line<silent>(2, argv, settings);
        });
    };
    auto relative = at.settings<silent>();
    relative.pid.path = "d.pid";
    BOOST_TEST(call("/dev/null", relative).status == exit_status::not_configured);
    BOOST_TEST(at.system.says("speaker: cannot use the pid file d.pid: "), at.system.heard());
    const auto fails_to_make = [&]() -> silent::settings {
        fails();
        return at.settings<silent>();
    };
    BOOST_TEST(call("/dev/null", fails_to_make).status == exit_status::not_configured);
    BOOST_TEST(at.system.says("cannot make the settings: the disk is full"), at.system.heard());
    const auto said = at.system.heard();
    BOOST_TEST(call((at.top / "err").c_str(), relative).status == exit_status::not_configured);
    BOOST_TEST(contains(read_file(at.top / "err"), "speaker: cannot use the pid file"));
    BOOST_TEST(at.system.heard() == said, "it was said where it is read");
}

BOOST_AUTO_TEST_CASE(a_sentence_of_several_lines_is_one_line)
{
    place at;
    NEEDS_SYSTEM_LOG(at);
    const auto program = [](auto& d) { d.working = [] { throw std::runtime_error("one\ntwo\x1b[2J"); }; };
    BOOST_TEST(at.start<logging>(program).status == 0);
    BOOST_TEST(at.system.says("speaker: one two [2J"), at.system.heard());
    BOOST_TEST(has_log_line(at.logged(), "error: speaker: one two [2J"), at.logged());
}

BOOST_AUTO_TEST_SUITE_END()
