// SPDX-License-Identifier: BSL-1.0
// The contract of a PidPolicy as test cases of your own test program. See README.md in this folder.
#pragma once

#include "../core/require_cxx20.hpp"

#include "detail/pid_cases.hpp"
#include "detail/pid_fault_cases.hpp"
#include "detail/pid_guard_cases.hpp"
#include "detail/pid_state_cases.hpp"

namespace daemonkit::testing {

/// A suite of Boost.Test with the contract cases of a PidPolicy. Make such an object in a source of your test program,
/// outside of functions: `const daemonkit::testing::pid_policy_tests mine("mine", make);`.
template <daemonkit::pid_policy PidPolicy>
class pid_policy_tests
{
public:
    /// `make(directory)` returns a policy that keeps its files in this directory, which is new, and in no other; it is
    /// called in the process of each case, for a directory each. `name` is the suite.
    template <class PolicyMaker>
    pid_policy_tests(const std::string& name, PolicyMaker make, const char* file = __builtin_FILE(),
                     int line = __builtin_LINE())
    {
        using namespace detail::pid_cases;
        detail::suite<PidPolicy> cases(name, std::move(make), file, line);
        cases.add("claim_publish_and_find", claim_publish_and_find);
        cases.add("find_changes_nothing", find_changes_nothing);
        cases.add("has_record_tells", has_record_tells);
        cases.add("a_second_claim_loses_and_changes_nothing", a_second_claim_loses_and_changes_nothing);
        cases.add("of_many_claims_one_wins", of_many_claims_one_wins);
        cases.add("the_identity_follows_a_fork", the_identity_follows_a_fork);
        cases.add("a_failed_start_frees_the_identity", a_failed_start_frees_the_identity);
        cases.add("a_killed_daemon_blocks_nothing", a_killed_daemon_blocks_nothing);
        cases.add("a_reused_pid_is_not_believed", a_reused_pid_is_not_believed);
        cases.add("a_child_does_not_release_the_identity", a_child_does_not_release_the_identity);
        cases.add("a_child_that_outlives_the_daemon_blocks_nothing", a_child_that_outlives_the_daemon_blocks_nothing);
        cases.add("an_executed_program_inherits_no_descriptor", an_executed_program_inherits_no_descriptor);
        cases.add("a_moved_guard_releases_once", a_moved_guard_releases_once);
        cases.add("keep_is_quiet_while_nothing_is_lost", keep_is_quiet_while_nothing_is_lost);
        cases.add("an_identity_that_is_lost_is_given_up", an_identity_that_is_lost_is_given_up);
        cases.add("started_ends_the_state_starting", started_ends_the_state_starting);
        cases.add("a_reload_and_a_stop_are_found", a_reload_and_a_stop_are_found);
        cases.add("the_status_line_is_that_of_the_daemon", the_status_line_is_that_of_the_daemon);
        cases.add("take_over_moves_the_release", take_over_moves_the_release);
        cases.add("a_reload_request_reaches_the_daemon_and_back", a_reload_request_reaches_the_daemon_and_back);
        cases.add("a_crash_in_claim_blocks_nothing", a_crash_in_claim_blocks_nothing);
        cases.add("a_crash_in_publish_blocks_nothing", a_crash_in_publish_blocks_nothing);
        cases.add("a_crash_in_keep_blocks_nothing", a_crash_in_keep_blocks_nothing);
        cases.add("a_crash_at_the_end_blocks_nothing", a_crash_at_the_end_blocks_nothing);
        cases.add("a_crash_of_a_claim_that_loses_disturbs_nothing", a_crash_of_a_claim_that_loses_disturbs_nothing);
        cases.add("a_refused_call_in_claim_is_named_or_harmless", a_refused_call_in_claim_is_named_or_harmless);
        cases.add("a_refused_call_does_not_let_a_second_claim_win", a_refused_call_does_not_let_a_second_claim_win);
        cases.add("a_refused_call_in_publish_is_named_or_harmless", a_refused_call_in_publish_is_named_or_harmless);
        cases.add("a_refused_call_in_keep_loses_nothing", a_refused_call_in_keep_loses_nothing);
        cases.add("a_refused_call_at_the_end_blocks_nothing", a_refused_call_at_the_end_blocks_nothing);
        cases.add("a_refused_call_in_find_gives_no_wrong_answer", a_refused_call_in_find_gives_no_wrong_answer);
    }
};

/// The policy is what the maker makes.
template <class PolicyMaker>
pid_policy_tests(const char*, PolicyMaker) -> pid_policy_tests<detail::made_by<PolicyMaker>>;

} // namespace daemonkit::testing
