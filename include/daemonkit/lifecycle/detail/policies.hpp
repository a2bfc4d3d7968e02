// SPDX-License-Identifier: BSL-1.0
// The five policies of a daemon as one type, and which of them may be combined: one named rule, one sentence each. A
// rule is written on the constants of the policies, never on lists of types, so custom policies are checked too. The
// sentence is the first thing that the compiler prints; it names the wrong part and says what to do.
#pragma once

#include "../../fork/concept.hpp"
#include "../../notify/concept.hpp"
#include "../../pid/concept.hpp"
#include "../../signal/concept.hpp"
#include "../../stdio/concept.hpp"

namespace daemonkit::detail {

template <class Policy>
concept complete = requires { sizeof(Policy); };

/// Whether a policy states the constant of any family.
template <class Policy>
concept of_some_family = has_detaches<Policy> || has_records_pid<Policy> || has_claims_signals<Policy> ||
                         has_keeps_terminal<Policy> || has_notifies<Policy>;

template <class Fork, class Pid, class Signal, class Stdio, class Notify>
struct order_rule
{
    static_assert(complete<Fork> && complete<Pid> && complete<Signal> && complete<Stdio> && complete<Notify>,
                  "daemonkit: a policy is declared but not defined here: include its header, or all of "
                  "<daemonkit/daemonkit.hpp>");
    static_assert((has_detaches<Fork> || !of_some_family<Fork>) && (has_records_pid<Pid> || !of_some_family<Pid>) &&
                      (has_claims_signals<Signal> || !of_some_family<Signal>) &&
                      (has_keeps_terminal<Stdio> || !of_some_family<Stdio>) &&
                      (has_notifies<Notify> || !of_some_family<Notify>),
                  "daemonkit: the policies are in the wrong order: basic_daemon<Derived, ForkPolicy, PidPolicy, "
                  "SignalPolicy, StdioPolicy, NotifyPolicy>");
};

template <class Fork, class Stdio>
struct terminal_rule
{
    static constexpr bool leaves_terminal()
    {
        if constexpr (detaches<Fork> && has_keeps_terminal<Stdio>)
            return !Stdio::keeps_terminal;
        else
            return true;
    }
    static_assert(leaves_terminal(),
                  "daemonkit: a daemon that detaches must not keep the terminal's stdin, stdout and stderr: take "
                  "null_stdio or log_file_stdio, or no_fork to stay in the foreground");
};

template <class Fork, class Pid>
struct take_over_rule
{
    static_assert(!leaves_no_launcher<Fork> || !has_claim<Pid> || can_be_taken_over<identity_type<Pid>>,
                  "daemonkit: this ForkPolicy leaves no launcher that could release the identity: the guard that the "
                  "PidPolicy's claim() returns needs `void take_over() noexcept` and `sys::raw_removal removal() const "
                  "noexcept`");
};

/// Every rule on one combination; instantiated before anything else of basic_daemon.
template <class Fork, class Pid, class Signal, class Stdio, class Notify>
struct combination : order_rule<Fork, Pid, Signal, Stdio, Notify>,
                     fork_requirements<Fork>,
                     pid_requirements<Pid>,
                     signal_requirements<Signal>,
                     stdio_requirements<Stdio>,
                     notify_requirements<Notify>,
                     terminal_rule<Fork, Stdio>,
                     take_over_rule<Fork, Pid>
{
    static constexpr bool holds = true;
};

/// The policies of a combination that holds, and the guards that they return.
template <class Fork, class Pid, class Signal, class Stdio, class Notify>
struct policies
{
    static_assert(combination<Fork, Pid, Signal, Stdio, Notify>::holds);

    using fork = Fork;
    using pid = Pid;
    using signal = Signal;
    using stdio = Stdio;
    using notify = Notify;

    using link = link_type<Fork>;
    using identity = identity_type<Pid>;
    using signals = signals_type<Signal>;
    using streams = streams_type<Stdio>;
    using manager = manager_type<Notify>;
};

} // namespace daemonkit::detail
