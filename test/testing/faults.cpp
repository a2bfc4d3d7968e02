// SPDX-License-Identifier: BSL-1.0
// Policies with one mistake each, in the program `faulty`: the cases that fail are exactly those that are listed here,
// and the policy without a mistake passes.
#include "support/process.hpp"
#include "support/skip.hpp"

#include <boost/test/unit_test.hpp>

#include <set>
#include <sstream>
#include <string>

namespace {

struct mistake
{
    const char* suite;
    std::set<std::string> caught_by;
};

const mistake mistakes[] = {
    {"pid_none", {}},
    {"pid_claim_is_not_exclusive",
     {"a_second_claim_loses_and_changes_nothing", "of_many_claims_one_wins", "the_identity_follows_a_fork",
      "a_child_does_not_release_the_identity", "a_crash_of_a_claim_that_loses_disturbs_nothing",
      "a_refused_call_does_not_let_a_second_claim_win"}},
    {"pid_the_loser_touches_the_file",
     {"a_second_claim_loses_and_changes_nothing", "the_identity_follows_a_fork",
      "a_child_does_not_release_the_identity"}},
    {"pid_the_loser_names_itself",
     {"a_second_claim_loses_and_changes_nothing", "of_many_claims_one_wins", "the_identity_follows_a_fork",
      "a_child_does_not_release_the_identity"}},
    {"pid_publishes_in_claim", {"claim_publish_and_find", "a_refused_call_in_claim_is_named_or_harmless"}},
    {"pid_leaves_the_file",
     {"claim_publish_and_find", "the_identity_follows_a_fork", "a_failed_start_frees_the_identity",
      "a_killed_daemon_blocks_nothing", "a_reused_pid_is_not_believed",
      "a_child_that_outlives_the_daemon_blocks_nothing", "a_moved_guard_releases_once",
      "a_crash_in_claim_blocks_nothing", "a_crash_in_publish_blocks_nothing", "a_crash_in_keep_blocks_nothing",
      "a_crash_at_the_end_blocks_nothing", "a_refused_call_in_claim_is_named_or_harmless",
      "a_refused_call_in_publish_is_named_or_harmless", "a_refused_call_in_keep_loses_nothing",
      "a_refused_call_at_the_end_blocks_nothing"}},
    {"pid_a_child_removes_the_file", {"a_child_does_not_release_the_identity"}},
    {"pid_believes_a_reused_pid", {"a_reused_pid_is_not_believed"}},
    {"pid_no_close_on_exec", {"an_executed_program_inherits_no_descriptor"}},
    {"pid_a_child_keeps_the_lock", {"a_child_that_outlives_the_daemon_blocks_nothing"}},
    {"pid_crashes_leave_a_file", {"a_crash_in_claim_blocks_nothing", "a_refused_call_in_claim_is_named_or_harmless"}},
    {"pid_throws_runtime_errors",
     {"a_refused_call_in_claim_is_named_or_harmless", "a_refused_call_does_not_let_a_second_claim_win",
      "a_refused_call_in_publish_is_named_or_harmless", "a_refused_call_in_find_gives_no_wrong_answer"}},
    {"pid_never_gives_up", {"an_identity_that_is_lost_is_given_up"}},
    {"pid_rounds_doubt_to_none", {"a_refused_call_in_find_gives_no_wrong_answer"}},
    {"signal_none", {}},
    {"signal_a_child_keeps_the_mask",
     {"a_child_has_the_old_mask_and_dispositions", "a_stop_of_a_child_is_not_the_daemons"}},
    {"signal_loses_the_stop_behind_a_reload", {"no_signal_is_lost_among_many"}},
    {"signal_sleeps_through_the_descriptor", {"a_wait_ends_when_the_other_descriptor_is_readable"}},
    {"signal_no_close_on_exec", {"an_executed_program_inherits_no_descriptor"}},
    {"signal_leaves_the_mask", {"mask_and_dispositions_come_back"}},
    {"signal_dies_by_a_late_stop",
     {"a_late_stop_does_not_kill_the_daemon", "a_second_life_hears_nothing_of_the_first"}},
    {"signal_blocks_everything", {"the_mask_is_changed_for_heard_signals_only"}},
    {"signal_leaks_when_install_fails", {"a_refused_call_in_install_is_named_or_harmless"}},
    {"fork_none", {}},
    {"fork_ready_throws",
     {"ready_ends_the_wait_with_success", "extend_moves_the_deadline", "status_lines_end_no_wait",
      "the_daemon_has_a_session_without_a_terminal", "no_intermediate_process_is_left",
      "the_daemon_goes_on_without_its_launcher", "the_daemon_has_the_launchers_descriptors",
      "the_daemon_has_the_launchers_mask_and_dispositions"}},
    {"fork_ready_is_not_told",
     {"ready_ends_the_wait_with_success", "extend_moves_the_deadline", "status_lines_end_no_wait",
      "the_daemon_has_a_session_without_a_terminal", "no_intermediate_process_is_left",
      "the_daemon_has_the_launchers_descriptors", "the_daemon_has_the_launchers_mask_and_dispositions"}},
    {"fork_a_death_is_success",
     {"a_death_is_noticed_at_once", "a_child_of_the_daemon_does_not_hide_its_death",
      "a_crash_in_a_start_leaves_nothing"}},
    {"fork_the_status_is_lost", {"a_failure_arrives_as_sentence_and_status"}},
    {"fork_a_zombie_is_left",
     {"a_failure_arrives_as_sentence_and_status", "a_death_is_noticed_at_once", "a_late_daemon_is_ended"}},
    {"fork_a_process_is_left",
     {"a_failure_arrives_as_sentence_and_status", "a_death_is_noticed_at_once", "a_late_daemon_is_ended",
      "no_intermediate_process_is_left"}},
    {"fork_takes_a_terminal", {"the_daemon_has_a_session_without_a_terminal"}},
    {"fork_leaks_a_descriptor", {"the_daemon_has_the_launchers_descriptors"}},
    {"fork_unblocks_signals", {"the_daemon_has_the_launchers_mask_and_dispositions"}},
    {"fork_dies_with_its_launcher", {"ready_ends_the_wait_with_success", "the_daemon_goes_on_without_its_launcher"}},
    {"fork_extends_never", {"extend_moves_the_deadline"}},
    {"fork_a_line_ends_the_wait", {"status_lines_end_no_wait"}},
    {"stdio_none", {}},
    {"stdio_leaves_standard_input", {"the_streams_go_where_the_policy_says", "the_streams_can_be_used"}},
    {"stdio_closes_standard_error",
     {"the_streams_go_where_the_policy_says", "the_streams_can_be_used",
      "an_executed_program_inherits_the_streams_only", "a_reopen_puts_new_files_on_the_same_descriptors",
      "a_reopen_that_fails_keeps_the_old_files", "no_thread_sees_a_closed_stream_during_reopen",
      "a_crash_in_redirect_blocks_nothing", "a_refused_call_in_redirect_is_named_or_harmless",
      "a_refused_call_in_reopen_keeps_the_old_files"}},
    {"stdio_keeps_the_old_output",
     {"the_launchers_output_is_let_go", "a_refused_call_in_redirect_is_named_or_harmless"}},
    {"stdio_no_close_on_exec",
     {"an_executed_program_inherits_the_streams_only", "a_refused_call_in_redirect_is_named_or_harmless"}},
    {"stdio_reopen_drops_the_old_file",
     {"the_streams_can_be_used", "an_executed_program_inherits_the_streams_only",
      "a_reopen_puts_new_files_on_the_same_descriptors", "a_reopen_that_fails_keeps_the_old_files",
      "no_thread_sees_a_closed_stream_during_reopen", "a_refused_call_in_reopen_keeps_the_old_files"}},
    {"stdio_reopen_does_nothing",
     {"a_reopen_puts_new_files_on_the_same_descriptors", "a_refused_call_in_reopen_keeps_the_old_files"}},
    {"stdio_a_failed_reopen_is_hidden_by_null",
     {"a_reopen_that_fails_keeps_the_old_files", "a_refused_call_in_reopen_keeps_the_old_files"}},
    {"stdio_gives_every_file", {"give_to_changes_the_files_of_this_start_only"}},
    {"stdio_gives_no_file", {"give_to_changes_the_files_of_this_start_only"}},
};

/// The name between `before` and the next quotation mark, without suites; empty if `before` is not in the line.
std::string case_in(const std::string& line, const std::string& before)
{
    const auto at = line.find(before);
    if (at == std::string::npos) return {};
    const auto begin = at + before.size();
    const auto path = line.substr(begin, line.find('"', begin) - begin);
    return path.substr(path.find('/') + 1);
}

/// What a run of Boost.Test with --log_level=test_suite says.
struct cases
{
    std::set<std::string> failed{};
    std::set<std::string> skipped{};

    explicit cases(const std::string& said)
    {
        std::string current;
        std::istringstream lines(said);
        for (std::string line; std::getline(lines, line);) {
            if (auto name = case_in(line, "Entering test case \""); !name.empty()) current = std::move(name);
            if (auto name = case_in(line, "error: in \""); !name.empty()) failed.insert(std::move(name));
            if (line.starts_with("SKIPPED: ")) skipped.insert(current);
        }
    }
};

void expect_caught(const mistake& one)
{
    const auto result = run({DAEMONKIT_FAULTY, std::string("--run_test=") + one.suite, "--catch_system_errors=no",
                             "--color_output=no", "--report_level=no", "--log_level=test_suite"},
                            "/", std::chrono::seconds(250));
    const cases seen(result.out);
    auto expected = one.caught_by;
    for (const auto& name : seen.skipped) expected.erase(name); // not possible on this machine
    if (expected.empty() && !one.caught_by.empty())
        return support::report_skipped("all cases that would catch it are skipped here");
    std::string errors; // without the lines by which CTest would take this test as skipped
    std::istringstream lines(result.out + result.err);
    for (std::string line; std::getline(lines, line);)
        if (line.find("error: in ") != std::string::npos) errors += line + "\n";
    BOOST_TEST_INFO(errors);
    BOOST_TEST(seen.failed == expected, boost::test_tools::per_element());
    BOOST_TEST((result.status == 0) == expected.empty());
}

/// A case for each mistake.
struct registered
{
    registered()
    {
        auto* const suite = new boost::unit_test::test_suite("mistakes", __FILE__, __LINE__); // Boost.Test owns it
        boost::unit_test::framework::current_auto_test_suite().add(suite);
        suite->add_label("slow");
        for (const auto& one : mistakes)
            suite->add(boost::unit_test::make_test_case([&one] { expect_caught(one); }, one.suite, __FILE__, __LINE__));
    }
};
const registered all;

} // namespace
