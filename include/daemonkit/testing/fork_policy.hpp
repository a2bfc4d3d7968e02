// SPDX-License-Identifier: BSL-1.0
// The contract of a ForkPolicy as test cases of your own test program. See README.md in this folder.
#pragma once

#include "../core/require_cxx20.hpp"

#include "detail/fork_cases.hpp"
#include "detail/fork_daemon_cases.hpp"

namespace daemonkit::testing {

/// A suite of Boost.Test with the contract cases of a ForkPolicy. Make such an object in a source of your test program,
/// outside of functions: `const daemonkit::testing::fork_policy_tests mine("mine", make);`.
template <daemonkit::fork_policy ForkPolicy>
class fork_policy_tests
{
public:
    /// `make(directory)` returns a policy; the directory is new. It is called in the process of each case. `name` is the
    /// suite.
    template <class PolicyMaker>
    fork_policy_tests(const std::string& name, PolicyMaker make, const char* file = __builtin_FILE(),
                      int line = __builtin_LINE())
    {
        using namespace detail::fork_cases;
        detail::suite<ForkPolicy> cases(name, std::move(make), file, line);
        cases.add("ready_ends_the_wait_with_success", ready_ends_the_wait_with_success);
        cases.add("a_failure_arrives_as_sentence_and_status", a_failure_arrives_as_sentence_and_status);
        cases.add("a_death_is_noticed_at_once", a_death_is_noticed_at_once);
        cases.add("a_child_of_the_daemon_does_not_hide_its_death", a_child_of_the_daemon_does_not_hide_its_death);
        cases.add("a_late_daemon_is_ended", a_late_daemon_is_ended);
        cases.add("extend_moves_the_deadline", extend_moves_the_deadline);
        cases.add("status_lines_end_no_wait", status_lines_end_no_wait);
        cases.add("a_signal_cancels_a_start_that_waits", a_signal_cancels_a_start_that_waits);
        cases.add("a_crash_in_a_start_leaves_nothing", a_crash_in_a_start_leaves_nothing);
        cases.add("a_refused_call_in_a_start_is_named_or_harmless", a_refused_call_in_a_start_is_named_or_harmless);
        cases.add("the_daemon_has_a_session_without_a_terminal", the_daemon_has_a_session_without_a_terminal);
        cases.add("no_intermediate_process_is_left", no_intermediate_process_is_left);
        cases.add("the_daemon_goes_on_without_its_launcher", the_daemon_goes_on_without_its_launcher);
        cases.add("the_daemon_has_the_launchers_descriptors", the_daemon_has_the_launchers_descriptors);
        cases.add("the_daemon_has_the_launchers_mask_and_dispositions",
                  the_daemon_has_the_launchers_mask_and_dispositions);
    }
};

/// The policy is what the maker makes.
template <class PolicyMaker>
fork_policy_tests(const char*, PolicyMaker) -> fork_policy_tests<detail::made_by<PolicyMaker>>;

} // namespace daemonkit::testing
