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
    static constexpr bool verb = requires(const F& p) { p.detach(); };
    static_assert(std::copyable<F>, "daemonkit: the ForkPolicy must be copyable: a policy is a recipe, its link owns");
    static_assert(says_detaches<F>, "daemonkit: the ForkPolicy lacks `static constexpr bool detaches`");
    static_assert(verb, "daemonkit: the ForkPolicy lacks `detach() const`");
    static_assert(
        !verb || requires(const F& p) {
            { p.detach().in_origin() } -> std::convertible_to<bool>;
        }, "daemonkit: the link that the ForkPolicy's detach() returns lacks `bool in_origin() const`");
    static_assert(
        !verb || requires(const F& p) {
            { p.detach().descriptor() } -> std::same_as<int>;
        }, "daemonkit: the link that the ForkPolicy's detach() returns lacks `int descriptor() const`");
    static_assert(
        !verb || requires(const F& p) { p.detach().ready(); },
        "daemonkit: the link that the ForkPolicy's detach() returns lacks `void ready() noexcept`");
    static_assert(
        !verb || requires(const F& p, std::string_view sentence, int status) { p.detach().fail(sentence, status); },
        "daemonkit: the link that the ForkPolicy's detach() returns lacks `void fail(std::string_view sentence, int "
        "status) noexcept`");
    static_assert(
        !verb || requires(const F& p, std::chrono::nanoseconds more) { p.detach().extend(more); },
        "daemonkit: the link that the ForkPolicy's detach() returns lacks `void extend(std::chrono::nanoseconds) "
        "noexcept`");
    static_assert(
        !verb ||
            requires(const F& p) {
                { p.detach().wait(in_silence{}) } -> std::same_as<start_report>;
            },
        "daemonkit: the link that the ForkPolicy's detach() returns lacks `start_report wait(Progress)`, a template");
    static_assert(!verb || has_detach<F>,
                  "daemonkit: the link that the ForkPolicy's detach() returns is not movable, or its ready(), fail() "
                  "or extend() is not noexcept: see fork_link in fork/concept.hpp");
    static_assert(
        !says_foreground<F> || has_foreground<F>,
        "daemonkit: what the ForkPolicy's foreground() returns is no ForkPolicy that stays in the foreground");
    static constexpr bool half_a_manager()
    {
        if constexpr (has_detach<F>)
            return speaks_of_life<F> &&
                   !listens_for_life<std::remove_cvref_t<decltype(std::declval<const F&>().detach())>>;
        return false;
    }
    static_assert(!half_a_manager(),
                  "daemonkit: the link that the ForkPolicy's detach() returns has stopping(), but not "
                  "all of what a service manager's link has: see listens_for_life in "
                  "fork/concept.hpp");
};

template <class P>
struct pid_parts
{
    static constexpr bool verb = requires(const P& p) { p.claim(); };
    static constexpr bool finds(bool can)
    {
        if constexpr (says_records_pid<P>) return can || !P::records_pid;
        return true;
    }
    static_assert(std::copyable<P>, "daemonkit: the PidPolicy must be copyable: a policy is a recipe, its guard owns");
    static_assert(says_records_pid<P>, "daemonkit: the PidPolicy lacks `static constexpr bool records_pid`");
    static_assert(verb, "daemonkit: the PidPolicy lacks `claim() const`");
    static_assert(
        !verb || requires(const P& p, pid_t pid) { p.claim().publish(pid); },
        "daemonkit: the guard that the PidPolicy's claim() returns lacks `void publish(pid_t)`");
    static_assert(
        !verb || requires(const P& p) { p.claim().release(); },
        "daemonkit: the guard that the PidPolicy's claim() returns lacks `void release() noexcept`");
    static_assert(
        !verb || requires(const P& p) {
            { *std::begin(p.claim().descriptors()) } -> std::convertible_to<int>;
        }, "daemonkit: the guard that the PidPolicy's claim() returns lacks `descriptors() const`, a range of int");
    static_assert(
        !verb || requires(const P& p) {
            { p.claim().lost_fd() } -> std::same_as<int>;
        }, "daemonkit: the guard that the PidPolicy's claim() returns lacks `int lost_fd() const`");
    static_assert(
        !verb || requires(const P& p) {
            { p.claim().keep() } -> std::same_as<bool>;
        }, "daemonkit: the guard that the PidPolicy's claim() returns lacks `bool keep()`");
    static_assert(!verb || has_claim<P>, "daemonkit: the guard that the PidPolicy's claim() returns is not movable, or "
                                         "its release() is not noexcept: see pid_guard in pid/concept.hpp");
    static_assert(finds(requires(const P& p) {
                      { p.find() } -> std::same_as<holder>;
                  }), "daemonkit: the PidPolicy says that it records the pid, but lacks `holder find() const`");
    static_assert(finds(requires(const P& p) {
                      { p.where() } -> std::convertible_to<std::string>;
                  }), "daemonkit: the PidPolicy says that it records the pid, but lacks `std::string where() const`");
    static constexpr bool answers()
    {
        if constexpr (has_claim<P>)
            return has_control_socket<P> ==
                   can_be_asked<std::remove_cvref_t<decltype(std::declval<const P&>().claim())>>;
        return true;
    }
    static_assert(answers(),
                  "daemonkit: reload() would wait in vain: the PidPolicy has `sys::unique_fd "
                  "control_socket(const holder&) const`, or its guard `int control_fd() const noexcept`, but "
                  "not both");
};

template <class S>
struct signal_parts
{
    static constexpr bool verb =
        requires(const S& p, std::span<const int> heard, const sigset_t& mask) { p.install(heard, mask); };
    static_assert(std::copyable<S>,
                  "daemonkit: the SignalPolicy must be copyable: a policy is a recipe, its guard owns");
    static_assert(says_claims_signals<S>, "daemonkit: the SignalPolicy lacks `static constexpr bool claims_signals`");
    static_assert(verb, "daemonkit: the SignalPolicy lacks `install(std::span<const int>, const sigset_t&) const`");
    static_assert(!verb || has_install<S>, "daemonkit: the guard that the SignalPolicy's install() returns lacks "
                                           "`event wait(std::chrono::nanoseconds timeout, int also)`");
    static_assert(!has_install<S> || signal_policy<S>,
                  "daemonkit: the SignalPolicy lacks `chosen`, the static constexpr array of the signals that it hears "
                  "beside TERM, INT and HUP");
    static constexpr bool hears_of_children()
    {
        bool heard = !collects_children<S>;
        if constexpr (says_chosen<S>)
            for (const int signal : S::chosen) heard = heard || signal == SIGCHLD;
        return heard;
    }
    static_assert(hears_of_children(), "daemonkit: the SignalPolicy says that it collects children, but SIGCHLD is not "
                                       "among its `chosen`");
};

template <class O>
struct stdio_parts
{
    static constexpr bool verb = requires(const O& p) { p.redirect(); };
    static_assert(std::copyable<O>,
                  "daemonkit: the StdioPolicy must be copyable: a policy is a recipe, its guard owns");
    static_assert(says_keeps_terminal<O>, "daemonkit: the StdioPolicy lacks `static constexpr bool keeps_terminal`");
    static_assert(says_reopens<O>, "daemonkit: the StdioPolicy lacks `static constexpr bool reopens`");
    static_assert(verb, "daemonkit: the StdioPolicy lacks `redirect() const`");
    static_assert(
        !verb || requires(const O& p, uid_t user, gid_t group) { p.redirect().give_to(user, group); },
        "daemonkit: the guard that the StdioPolicy's redirect() returns lacks `void give_to(uid_t, gid_t)`");
    static_assert(
        !verb || requires(const O& p) { p.redirect().reopen(); },
        "daemonkit: the guard that the StdioPolicy's redirect() returns lacks `void reopen()`");
    static_assert(!verb || has_redirect<O>, "daemonkit: the guard that the StdioPolicy's redirect() returns is not "
                                            "movable: see stdio_guard in stdio/concept.hpp");
};

template <class F, class O>
struct no_terminal_in_the_background
{
    static constexpr bool compatible()
    {
        if constexpr (says_detaches<F> && says_keeps_terminal<O>) return !(F::detaches && O::keeps_terminal);
        return true;
    }
    static_assert(compatible(),
                  "daemonkit: a daemon that forks away must not keep the terminal's stdin, stdout and stderr: take "
                  "null_stdio or log_file_stdio, or no_fork to stay in the foreground");
};

template <class F, class P>
struct somebody_undoes
{
    static constexpr bool adopts()
    {
        if constexpr (leaves_no_origin<F> && has_claim<P>)
            return can_be_adopted<std::remove_cvref_t<decltype(std::declval<const P&>().claim())>>;
        return true;
    }
    static_assert(
        adopts(),
        "daemonkit: this ForkPolicy leaves no origin that could undo a claim: the guard that the "
        "PidPolicy's claim() returns needs `void adopt() noexcept` and `sys::raw_removal remains() const noexcept`");
};

} // namespace rule

/// Every rule on one combination; instantiated before anything else of basic_daemon.
template <class F, class P, class S, class O>
struct combination : rule::order<F, P, S, O>,
                     rule::fork_parts<F>,
                     rule::pid_parts<P>,
                     rule::signal_parts<S>,
                     rule::stdio_parts<O>,
                     rule::no_terminal_in_the_background<F, O>,
                     rule::somebody_undoes<F, P>
{
    static constexpr bool holds = true;
};

/// The ForkPolicy of a combination that holds: what is made out of it comes after the rules.
template <class F, class P, class S, class O>
using checked_fork = std::conditional_t<combination<F, P, S, O>::holds, F, void>;

} // namespace daemonkit
