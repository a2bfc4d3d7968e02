// SPDX-License-Identifier: BSL-1.0
// signal: how the daemon hears. install() is called after detaching, with every signal blocked since before the fork,
// and before the pid is known to anybody: nothing is lost and nothing kills a daemon that was about to listen. Events come out
// of wait(), in normal context: user code never runs inside a signal handler.
//
//   expression               when, in which process     promise
//   P::claims_signals        compile time               whether the daemon hears; else wait() is only a sleep
//   P::chosen                compile time, if claimed   array of the signals beside TERM, INT and HUP
//   P::collects_children     compile time, optional     true: SIGCHLD is among the chosen, and a daemon that adopts
//                                                       orphans collects every child that has ended, in wait()
//   p.install(heard, mask)   daemon, before publishing  if claimed: hears `heard` and sets the signal mask to `mask`,
//                                                       changed by no more than `heard`; throws startup_error
//   g.wait(timeout, also)    daemon, thread of run()    the next event; none after `timeout`, or as soon as the
//                                                       descriptor `also` (-1: none) is readable, or for no reason:
//                                                       whoever waits looks at the clock and waits again
//   g.fd()                   daemon; optional           readable while an event waits
//   g.stop_requested()       daemon, any thread;        one relaxed load, true from the moment the signal arrived,
//                            optional                   wait() or not
//   ~g                       daemon, after identity     mask and dispositions are what they were
//
// A child made by fork() gets mask and dispositions back before fork() returns there. signal(7), signalfd(2).
#pragma once

#include "../sys/time.hpp"
#include "event.hpp"

#include <signal.h>

#include <concepts>
#include <span>
#include <type_traits>

namespace daemonkit {

template <class G>
concept signal_guard = requires(G& g, std::chrono::nanoseconds timeout, int also) {
    { g.wait(timeout, also) } -> std::same_as<event>;
};

/// The guard has a descriptor for other people's event loops.
template <class G>
concept has_signal_fd = requires(const G& g) {
    { g.fd() } -> std::same_as<int>;
};

/// The guard knows of a stop without being waited on.
template <class G>
concept has_stop_requested = requires(const G& g) {
    { g.stop_requested() } noexcept -> std::same_as<bool>;
};

template <class P>
concept says_claims_signals = requires { requires std::is_same_v<decltype(P::claims_signals), const bool>; };

template <class P>
concept says_chosen = requires { std::span<const int>(P::chosen); };

/// It hears SIGCHLD, and the children of a process that adopts orphans are collected.
template <class P>
concept collects_children = requires { requires P::collects_children; };

/// on_signal() has something to do.
template <class P>
constexpr bool chooses_signals = [] {
    if constexpr (says_chosen<P>)
        return std::size(P::chosen) > (collects_children<P> ? 1 : 0);
    else
        return false;
}();

template <class P>
concept has_install = requires(const P& p, std::span<const int> heard, const sigset_t& mask) {
    { p.install(heard, mask) } -> signal_guard;
};

template <class P>
concept signal_policy =
    std::copyable<P> && says_claims_signals<P> && (!P::claims_signals || says_chosen<P>) && has_install<P>;

} // namespace daemonkit
