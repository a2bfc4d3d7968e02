// SPDX-License-Identifier: BSL-1.0
// The five policies of a daemon as one type, and the rules on their combinations. Each rule is a named type with one
// assertion. Rules use the constants of the policies, never lists of types, so custom policies are checked too. The
// assertion is the first error that the compiler prints; it names the wrong part and says what to do.
#pragma once

#include "../../fork/concept.hpp"
#include "../../notify/concept.hpp"
#include "../../pid/concept.hpp"
#include "../../pid/requirements.hpp"
#include "../../signal/concept.hpp"
#include "../../stdio/concept.hpp"

namespace daemonkit::detail {

template <class AnyPolicy>
concept complete = requires { sizeof(AnyPolicy); };

/// Whether a policy has the constant of any family.
template <class AnyPolicy>
concept of_some_family = has_detaches<AnyPolicy> || has_records_pid<AnyPolicy> || has_claims_signals<AnyPolicy> ||
                         has_keeps_terminal<AnyPolicy> || has_notifies<AnyPolicy>;

template <class ForkPolicy, class PidPolicy, class SignalPolicy, class StdioPolicy, class NotifyPolicy>
struct order_rule
{
    static_assert(complete<ForkPolicy> && complete<PidPolicy> && complete<SignalPolicy> && complete<StdioPolicy> &&
                      complete<NotifyPolicy>,
                  "daemonkit: a policy is declared but not defined here: include its header, or all of "
                  "<daemonkit/daemonkit.hpp>");
    static_assert((has_detaches<ForkPolicy> || !of_some_family<ForkPolicy>) &&
                      (has_records_pid<PidPolicy> || !of_some_family<PidPolicy>) &&
                      (has_claims_signals<SignalPolicy> || !of_some_family<SignalPolicy>) &&
                      (has_keeps_terminal<StdioPolicy> || !of_some_family<StdioPolicy>) &&
                      (has_notifies<NotifyPolicy> || !of_some_family<NotifyPolicy>),
                  "daemonkit: the policies are in the wrong order: basic_daemon<Derived, ForkPolicy, PidPolicy, "
                  "SignalPolicy, StdioPolicy, NotifyPolicy>");
};

template <class ForkPolicy, class StdioPolicy>
struct terminal_rule
{
    static constexpr bool leaves_terminal()
    {
        if constexpr (detaches<ForkPolicy> && has_keeps_terminal<StdioPolicy>)
            return !StdioPolicy::keeps_terminal;
        else
            return true;
    }
    static_assert(leaves_terminal(),
                  "daemonkit: a daemon that detaches must not keep the terminal's stdin, stdout and stderr: use "
                  "null_stdio or log_file_stdio, or no_fork to stay in the foreground");
};

template <class ForkPolicy, class PidPolicy>
struct take_over_rule
{
    static_assert(!leaves_no_launcher<ForkPolicy> || !has_claim<PidPolicy> ||
                      can_be_taken_over<identity_type<PidPolicy>>,
                  "daemonkit: this ForkPolicy leaves no launcher that could release the instance: the guard that the "
                  "PidPolicy's claim() returns needs `void take_over() noexcept` and `sys::raw_removal removal() const "
                  "noexcept`");
};

/// All rules on one combination; instantiated before anything else of basic_daemon.
template <class ForkPolicy, class PidPolicy, class SignalPolicy, class StdioPolicy, class NotifyPolicy>
struct combination : order_rule<ForkPolicy, PidPolicy, SignalPolicy, StdioPolicy, NotifyPolicy>,
                     fork_requirements<ForkPolicy>,
                     pid_requirements<PidPolicy>,
                     signal_requirements<SignalPolicy>,
                     stdio_requirements<StdioPolicy>,
                     notify_requirements<NotifyPolicy>,
                     terminal_rule<ForkPolicy, StdioPolicy>,
                     take_over_rule<ForkPolicy, PidPolicy>
{
    static constexpr bool holds = true;
};

/// The policies of a valid combination, and the types of the guards that they return.
template <class ForkPolicy, class PidPolicy, class SignalPolicy, class StdioPolicy, class NotifyPolicy>
struct policies
{
    static_assert(combination<ForkPolicy, PidPolicy, SignalPolicy, StdioPolicy, NotifyPolicy>::holds);

    using fork = ForkPolicy;
    using pid = PidPolicy;
    using signal = SignalPolicy;
    using stdio = StdioPolicy;
    using notify = NotifyPolicy;

    using link = link_type<ForkPolicy>;
    using identity = identity_type<PidPolicy>;
    using signals = signals_type<SignalPolicy>;
    using streams = streams_type<StdioPolicy>;
    using manager = manager_type<NotifyPolicy>;
};

} // namespace daemonkit::detail
