// SPDX-License-Identifier: BSL-1.0
// The contract of a SignalPolicy as test cases of your own test program. See README.md in this folder.
#pragma once

#include "../core/require_cxx20.hpp"

#include "detail/signal_cases.hpp"
#include "detail/signal_guard_cases.hpp"

namespace daemonkit::testing {

/// A suite of Boost.Test with the contract cases of a SignalPolicy. Make such an object in a source of your test program,
/// outside of functions: `const daemonkit::testing::signal_policy_tests mine("mine", make);`.
template <daemonkit::signal_policy SignalPolicy>
class signal_policy_tests
{
public:
    /// `make(directory)` returns a policy; the directory is new. It is called in the process of each case. `name` is the
    /// suite.
    template <class PolicyMaker>
    signal_policy_tests(const std::string& name, PolicyMaker make, const char* file = __builtin_FILE(),
                        int line = __builtin_LINE())
    {
        using namespace detail::signal_cases;
        detail::suite<SignalPolicy> cases(name, std::move(make), file, line);
        cases.add("each_signal_becomes_an_event", each_signal_becomes_an_event);
        cases.add("a_signal_ends_the_sleep_of_wait", a_signal_ends_the_sleep_of_wait);
        cases.add("a_signal_before_install_is_not_lost", a_signal_before_install_is_not_lost);
        cases.add("no_signal_is_lost_among_many", no_signal_is_lost_among_many);
        cases.add("a_wait_ends_after_its_timeout", a_wait_ends_after_its_timeout);
        cases.add("a_wait_ends_when_the_other_descriptor_is_readable",
                  a_wait_ends_when_the_other_descriptor_is_readable);
        cases.add("the_descriptor_is_readable_while_an_event_waits", the_descriptor_is_readable_while_an_event_waits);
        cases.add("stop_requested_needs_no_wait", stop_requested_needs_no_wait);
        cases.add("the_end_of_a_child_is_an_event", the_end_of_a_child_is_an_event);
        cases.add("a_policy_that_claims_no_signals_changes_nothing", a_policy_that_claims_no_signals_changes_nothing);
        cases.add("the_mask_is_changed_for_heard_signals_only", the_mask_is_changed_for_heard_signals_only);
        cases.add("mask_and_dispositions_come_back", mask_and_dispositions_come_back);
        cases.add("a_late_stop_does_not_kill_the_daemon", a_late_stop_does_not_kill_the_daemon);
        cases.add("a_second_life_hears_nothing_of_the_first", a_second_life_hears_nothing_of_the_first);
        cases.add("a_child_has_the_old_mask_and_dispositions", a_child_has_the_old_mask_and_dispositions);
        cases.add("a_stop_of_a_child_is_not_the_daemons", a_stop_of_a_child_is_not_the_daemons);
        cases.add("an_executed_program_inherits_no_descriptor", an_executed_program_inherits_no_descriptor);
        cases.add("a_crash_in_install_blocks_nothing", a_crash_in_install_blocks_nothing);
        cases.add("a_refused_call_in_install_is_named_or_harmless", a_refused_call_in_install_is_named_or_harmless);
        cases.add("a_refused_call_in_wait_loses_no_signal", a_refused_call_in_wait_loses_no_signal);
    }
};

/// The policy is what the maker makes.
template <class PolicyMaker>
signal_policy_tests(const char*, PolicyMaker) -> signal_policy_tests<detail::made_by<PolicyMaker>>;

} // namespace daemonkit::testing
