// SPDX-License-Identifier: BSL-1.0
// Which policies may stand together: one named rule, one sentence each. A rule is written on the facts that policies
// state about themselves, never on lists of types, so that a user's own policy takes part. The sentence is the first
// thing the compiler says; it names the part that is wrong and what to do.
#pragma once

#include "fork/concept.hpp"
#include "pid/concept.hpp"
#include "signal/concept.hpp"
#include "stdio/concept.hpp"

namespace daemonkit {

namespace rule {

template <class P>
concept complete = requires { sizeof(P); };

template <class P>
concept of_some_family = says_detaches<P> || says_records_pid<P> || says_claims_signals<P> || says_keeps_terminal<P>;

template <class F, class P, class S, class O>
struct order
{
    static_assert(complete<F> && complete<P> && complete<S> && complete<O>,
                  "daemonkit: a policy is declared but not defined here: include its header, or all of "
                  "<daemonkit/daemonkit.hpp>");
    static_assert((says_detaches<F> || !of_some_family<F>) && (says_records_pid<P> || !of_some_family<P>) &&
                      (says_claims_signals<S> || !of_some_family<S>) && (says_keeps_terminal<O> || !of_some_family<O>),
                  "daemonkit: the policies are in the wrong order: basic_daemon<Derived, ForkPolicy, PidPolicy, "
                  "SignalPolicy, StdioPolicy>");
};

template <class F>
struct fork_parts
{
    static_assert(std::copyable<F>, "daemonkit: the ForkPolicy must be copyable: a policy is a recipe, its link owns");
    static_assert(says_detaches<F>, "daemonkit: the ForkPolicy lacks `static constexpr bool detaches`");
    static_assert(requires(const F& p) { p.detach(); }, "daemonkit: the ForkPolicy lacks `detach() const`");
    static_assert(has_detach<F>, "daemonkit: what the ForkPolicy's detach() returns lacks one of in_origin(), ready(), "
                                 "fail(), extend(), wait(), descriptor(): see fork_link in fork/concept.hpp");
};

template <class P>
struct pid_parts
{
    static_assert(std::copyable<P>, "daemonkit: the PidPolicy must be copyable: a policy is a recipe, its guard owns");
    static_assert(says_records_pid<P>, "daemonkit: the PidPolicy lacks `static constexpr bool records_pid`");
    static_assert(requires(const P& p) { p.claim(); }, "daemonkit: the PidPolicy lacks `claim() const`");
    static_assert(has_claim<P>, "daemonkit: what the PidPolicy's claim() returns lacks one of publish(), release(), "
                                "descriptors(), lost_fd(), keep(): see pid_guard in pid/concept.hpp");
    static_assert(pid_policy<P> || !has_claim<P>,
                  "daemonkit: the PidPolicy says that it records the pid, but lacks `holder find() const` or "
                  "`where() const`");
};

template <class S>
struct signal_parts
{
    static_assert(std::copyable<S>,
                  "daemonkit: the SignalPolicy must be copyable: a policy is a recipe, its guard owns");
    static_assert(says_claims_signals<S>, "daemonkit: the SignalPolicy lacks `static constexpr bool claims_signals`");
    static_assert(signal_policy<S> || !has_install<S>,
                  "daemonkit: the SignalPolicy lacks `chosen`, the static constexpr array of the signals that it hears "
                  "beside TERM, INT and HUP");
    static_assert(has_install<S>, "daemonkit: the SignalPolicy lacks `install(std::span<const int>, const sigset_t&) "
                                  "const`, or what it returns lacks `event wait(std::chrono::nanoseconds, int)`");
};

template <class O>
struct stdio_parts
{
    static_assert(std::copyable<O>,
                  "daemonkit: the StdioPolicy must be copyable: a policy is a recipe, its guard owns");
    static_assert(says_keeps_terminal<O>, "daemonkit: the StdioPolicy lacks `static constexpr bool keeps_terminal`");
    static_assert(says_reopens<O>, "daemonkit: the StdioPolicy lacks `static constexpr bool reopens`");
    static_assert(has_redirect<O>, "daemonkit: the StdioPolicy lacks `redirect() const`, or what it returns lacks "
                                   "give_to() or reopen()");
};

template <class F, class O>
struct no_terminal_in_the_background
{
    static constexpr bool holds()
    {
        if constexpr (says_detaches<F> && says_keeps_terminal<O>) return !(F::detaches && O::keeps_terminal);
        return true;
    }
    static_assert(holds(),
                  "daemonkit: a daemon that forks away must not keep the terminal's stdin, stdout and stderr: take "
                  "null_stdio or log_file_stdio, or no_fork to stay in the foreground");
};

} // namespace rule

/// Every rule on one combination; instantiated before anything else of basic_daemon.
template <class F, class P, class S, class O>
struct combination : rule::order<F, P, S, O>,
                     rule::fork_parts<F>,
                     rule::pid_parts<P>,
                     rule::signal_parts<S>,
                     rule::stdio_parts<O>,
                     rule::no_terminal_in_the_background<F, O>
{};

} // namespace daemonkit
