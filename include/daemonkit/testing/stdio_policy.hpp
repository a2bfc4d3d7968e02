// SPDX-License-Identifier: BSL-1.0
// The contract of a StdioPolicy as test cases of your own test program. See README.md in this folder.
#pragma once

#include "../core/require_cxx20.hpp"

#include "detail/stdio_cases.hpp"
#include "detail/stdio_fault_cases.hpp"

namespace daemonkit::testing {

/// A suite of Boost.Test with the contract cases of a StdioPolicy. Make such an object in a source of your test program,
/// outside of functions: `const daemonkit::testing::stdio_policy_tests mine("mine", make);`.
template <daemonkit::stdio_policy StdioPolicy>
class stdio_policy_tests
{
public:
    /// `make(directory)` returns a policy that keeps its files in this directory, which is new, and in no other; it is
    /// called in the process of each case. `name` is the suite.
    template <class PolicyMaker>
    stdio_policy_tests(const std::string& name, PolicyMaker make, const char* file = __builtin_FILE(),
                       int line = __builtin_LINE())
    {
        using namespace detail::stdio_cases;
        detail::suite<StdioPolicy> cases(name, std::move(make), file, line);
        cases.add("the_streams_go_where_the_policy_says", the_streams_go_where_the_policy_says);
        cases.add("the_launchers_output_is_let_go", the_launchers_output_is_let_go);
        cases.add("the_streams_can_be_used", the_streams_can_be_used);
        cases.add("an_executed_program_inherits_the_streams_only", an_executed_program_inherits_the_streams_only);
        cases.add("a_reopen_puts_new_files_on_the_same_descriptors", a_reopen_puts_new_files_on_the_same_descriptors);
        cases.add("a_reopen_that_fails_keeps_the_old_files", a_reopen_that_fails_keeps_the_old_files);
        cases.add("no_thread_sees_a_closed_stream_during_reopen", no_thread_sees_a_closed_stream_during_reopen);
        cases.add("give_to_changes_the_files_of_this_start_only", give_to_changes_the_files_of_this_start_only);
        cases.add("a_crash_in_redirect_blocks_nothing", a_crash_in_redirect_blocks_nothing);
        cases.add("a_refused_call_in_redirect_is_named_or_harmless", a_refused_call_in_redirect_is_named_or_harmless);
        cases.add("a_refused_call_in_reopen_keeps_the_old_files", a_refused_call_in_reopen_keeps_the_old_files);
    }
};

/// The policy is what the maker makes.
template <class PolicyMaker>
stdio_policy_tests(const char*, PolicyMaker) -> stdio_policy_tests<detail::made_by<PolicyMaker>>;

} // namespace daemonkit::testing
