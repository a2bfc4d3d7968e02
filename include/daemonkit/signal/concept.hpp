// SPDX-License-Identifier: BSL-1.0
// signal: how the daemon receives signals. install() is called after detaching and before the pid is published. All
// signals are blocked from before the fork until then. So no signal is lost, and none kills the daemon before its
// handlers are installed. wait() returns events in normal context: user code never runs inside a signal handler.
//
//   expression               when, in which process     promise
//   P::claims_signals        compile time               whether the daemon receives signals; if not, wait() only
//                                                       sleeps
//   P::chosen                compile time, if claimed   array of the signals that the daemon receives besides TERM, INT
//                                                       and HUP
//   P::collects_children     compile time, optional     true: SIGCHLD is among the chosen, and wait() collects every
//                                                       exited child of a daemon that declares on_child(), is pid 1 or
//                                                       a subreaper
//   p.install(heard, mask)   daemon, before publish()   if claimed: receives the signals `heard`, and sets the signal
//                                                       mask to `mask`, changed for `heard` only; throws startup_error
//   g.wait(timeout, also)    daemon, thread of run()    returns the next event; none after `timeout`, or when the
//                                                       descriptor `also` (-1: none) is readable. May return none
//                                                       early: the caller checks the clock and waits again, unless
//                                                       the event says `timed_out`.
//                                                       pthread_cancel(3) may end it
//   g.fd()                   daemon; optional           a descriptor that is readable while an event waits
//   g.stop_requested()       daemon, any thread;        whether a stop signal has arrived, also without wait(); one
//                            optional                   relaxed load
//   g.signal_arrived()       daemon, any thread;        whether wait() has an event at once; one relaxed load
//                            optional
//   g.means_stop(signal)     daemon; optional           whether this signal means stop; without it TERM and INT do
//   p.chooses(signal)        any process; optional      whether on_signal() is called for this signal, where that is
//                                                       chosen at run time: P::chooses_at_run_time is true then
//   ~g                       daemon, after the          restores the signal mask and the dispositions
//                            instance was released
//
// The guard also restores mask and dispositions in each child made by fork(2), before fork(2) returns there. signal(7),
// signalfd(2).
#pragma once

#include "../core/require_cxx20.hpp"

#include "../core/signal_event.hpp"
#include "../sys/time.hpp"

#include <signal.h>

#include <concepts>
#include <span>
#include <type_traits>
#include <utility>

namespace daemonkit {

namespace detail {

// One concept for each row of the table. The concepts and the assertions below are made of these.

/// P::claims_signals
template <class SignalPolicy>
concept has_claims_signals = requires { requires std::is_same_v<decltype(SignalPolicy::claims_signals), const bool>; };

template <class SignalPolicy>
concept claims_signals = has_claims_signals<SignalPolicy> && SignalPolicy::claims_signals;

/// P::chosen
template <class SignalPolicy>
concept has_chosen = requires { std::span<const int>(SignalPolicy::chosen); };

/// P::collects_children
template <class SignalPolicy>
concept collects_children = requires { requires SignalPolicy::collects_children; };

/// p.install(heard, mask)
template <class SignalPolicy>
concept has_install =
    requires(const SignalPolicy& p, std::span<const int> heard, const sigset_t& mask) { p.install(heard, mask); };

struct no_signals
{};
template <class SignalPolicy>
auto signals_of()
{
    if constexpr (has_install<SignalPolicy>)
        return std::type_identity<std::remove_cvref_t<decltype(std::declval<const SignalPolicy&>().install(
            std::span<const int>(), std::declval<const sigset_t&>()))>>();
    else
        return std::type_identity<no_signals>();
}

/// What install() returns.
template <class SignalPolicy>
using signals_type = typename decltype(signals_of<SignalPolicy>())::type;

/// g.wait(timeout, also)
template <class SignalGuard>
concept has_wait = requires(SignalGuard& g, std::chrono::nanoseconds timeout, int also) {
    { g.wait(timeout, also) } -> std::same_as<signal_event>;
};

/// g.fd()
template <class SignalGuard>
concept has_signal_fd = requires(const SignalGuard& g) {
    { g.fd() } -> std::same_as<int>;
};

/// g.stop_requested()
template <class SignalGuard>
concept has_stop_requested = requires(const SignalGuard& g) {
    { g.stop_requested() } noexcept -> std::same_as<bool>;
};

/// g.signal_arrived()
template <class SignalGuard>
concept has_signal_arrived = requires(const SignalGuard& g) {
    { g.signal_arrived() } noexcept -> std::same_as<bool>;
};

/// g.means_stop(signal)
template <class SignalGuard>
concept has_means_stop = requires(const SignalGuard& g, int signal) {
    { g.means_stop(signal) } noexcept -> std::same_as<bool>;
};

/// p.chooses(signal)
template <class SignalPolicy>
concept has_chooses = requires(const SignalPolicy& p, int signal) {
    requires SignalPolicy::chooses_at_run_time;
    { p.chooses(signal) } noexcept -> std::same_as<bool>;
};

/// Whether the policy chooses this signal.
template <class SignalPolicy>
constexpr bool chooses(int signal)
{
    if constexpr (has_chosen<SignalPolicy>)
        for (const int one : SignalPolicy::chosen)
            if (one == signal) return true;
    return false;
}

/// Whether on_signal() is ever called: the policy chooses a signal other than the SIGCHLD of collects_children.
template <class SignalPolicy>
constexpr bool chooses_signals = has_chooses<SignalPolicy> || [] {
    if constexpr (has_chosen<SignalPolicy>)
        return std::size(SignalPolicy::chosen) > (collects_children<SignalPolicy> ? 1 : 0);
    else
        return false;
}();

/// Whether the guard takes this signal for a stop.
template <class SignalGuard>
[[nodiscard]] bool means_stop(const SignalGuard& guard, signal_event e) noexcept
{
    if constexpr (has_means_stop<SignalGuard>)
        return e && guard.means_stop(e.signal);
    else
        return e.is_stop();
}

/// Whether on_signal() is called for this signal.
template <class SignalPolicy>
[[nodiscard]] bool passes_on(const SignalPolicy& policy, int signal) noexcept
{
    if constexpr (collects_children<SignalPolicy>)
        if (signal == SIGCHLD) return false;
    if constexpr (has_chooses<SignalPolicy>)
        return policy.chooses(signal);
    else
        return chooses<SignalPolicy>(signal);
}

} // namespace detail

/// What install() returns; see the table above.
template <class SignalGuard>
concept signal_guard = detail::has_wait<SignalGuard>;

/// How a daemon receives signals; see the table above.
template <class SignalPolicy>
concept signal_policy = std::copyable<SignalPolicy> && detail::has_claims_signals<SignalPolicy> &&
                        (!detail::claims_signals<SignalPolicy> || detail::has_chosen<SignalPolicy>) &&
                        detail::has_install<SignalPolicy> && signal_guard<detail::signals_type<SignalPolicy>> &&
                        (!detail::collects_children<SignalPolicy> || detail::chooses<SignalPolicy>(SIGCHLD));

namespace detail {

/// Compiles only if the policy is a signal_policy; otherwise one assertion names what it lacks.
template <class SignalPolicy>
struct signal_requirements
{
    static_assert(std::copyable<SignalPolicy>,
                  "daemonkit: the SignalPolicy must be copyable: a policy holds settings, its guard owns resources");
    static_assert(has_claims_signals<SignalPolicy>,
                  "daemonkit: the SignalPolicy lacks `static constexpr bool claims_signals`");
    static_assert(has_install<SignalPolicy>,
                  "daemonkit: the SignalPolicy lacks `install(std::span<const int>, const sigset_t&) const`");
    static_assert(!has_install<SignalPolicy> || has_wait<signals_type<SignalPolicy>>,
                  "daemonkit: the guard that the SignalPolicy's install() returns lacks `signal_event "
                  "wait(std::chrono::nanoseconds timeout, int also)`");
    static_assert(
        !claims_signals<SignalPolicy> || has_chosen<SignalPolicy>,
        "daemonkit: the SignalPolicy lacks `chosen`, the static constexpr array of the signals that it receives "
        "besides TERM, INT and HUP");
    static_assert(!collects_children<SignalPolicy> || chooses<SignalPolicy>(SIGCHLD),
                  "daemonkit: the SignalPolicy says that it collects children, but SIGCHLD is not among its `chosen`");
};

} // namespace detail

} // namespace daemonkit
