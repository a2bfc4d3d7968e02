// SPDX-License-Identifier: BSL-1.0
// fork: how the daemon gets away from the process that called start(). A policy is a recipe; detach() carries it
// out and returns a link between the two processes. Exactly one of them goes on to run(); the other waits on its
// end of the link until the daemon is ready, has failed, has died or is late.
//
//   expression               when, in which process     promise
//   P::detaches              compile time               whether run() happens in another process than start()
//   P::leaves_no_origin      compile time, optional     true: detach(mask, remains) returns in the daemon only; the
//                                                       origin, with these signals blocked, waits, takes away what
//                                                       remains of a daemon that died, and ends by itself
//   p.foreground()           the verb run, optional     the policy for it, which does not detach; without it nobody is
//                                                       told anything there
//   p.detach()               after the identity was     returns the link in both processes; throws startup_error
//                            claimed; in the origin     in the origin, having made no process
//   l.in_origin()            both                       which of the two this is; always false if !detaches
//   l.ready()                daemon, once               the origin's wait ends well; never throws
//   l.fail(sentence, status) daemon, once               the origin's wait ends with this sentence and status
//   l.extend(duration)       daemon, before ready       the origin waits that much longer from now on
//   l.wait(progress)         origin, once               blocks; returns the start_report
//   l.descriptor()           daemon                     what descriptor hygiene must not close; -1 for none
//
// A service manager listens as long as the daemon lives. The link to one has all of these, too; none of them throws:
//
//   l.alive()                daemon, at every wait      says that run() works, if it is time to; returns how long the
//                                                       next time is away, or sys::forever
//   l.watchdog_interval()    daemon                     the most that may be between two such waits, or sys::forever
//   l.reloading()            daemon, HUP was heard      a reload begins
//   l.reloaded(refusal)      daemon                     it has ended; `refusal`: empty, or why the old state stays
//   l.status(text)           daemon, any time           one line for people
//   l.stopping()             daemon, once               run() has returned, or thrown
//   l.cause(error)           daemon, before fail()      the errno behind it; 0: none
//   l.complain(text)         daemon, any time           one line on standard error, as the manager's log wants it
//   l.store(fd, name)        daemon, any time           keeps a copy of it for the next life; whether it was sent
//   l.remove(name)           daemon, any time           forgets what was stored so
//
// fork(2), setsid(2), daemon(7), sd_notify(3).
#pragma once

#include "../start_report.hpp"
#include "../sys/time.hpp"

#include <concepts>
#include <string_view>
#include <type_traits>

namespace daemonkit {

/// What wait() calls about once a second, with the time spent so far. Waiting in silence costs nothing.
struct in_silence
{
    void operator()(std::chrono::nanoseconds) const noexcept {}
};

template <class L>
concept fork_link =
    std::movable<L> && requires(L l, const L c, std::string_view sentence, int status, std::chrono::nanoseconds more) {
        { c.in_origin() } -> std::convertible_to<bool>;
        { l.ready() } noexcept;
        { l.fail(sentence, status) } noexcept;
        { l.extend(more) } noexcept;
        { l.wait(in_silence{}) } -> std::same_as<start_report>;
        { c.descriptor() } -> std::same_as<int>;
    };

/// Of a link to somebody who listens as long as the daemon lives.
template <class L>
concept listens_for_life = fork_link<L> && requires(L l, const L c, std::string_view text, int number) {
    { l.alive() } noexcept -> std::same_as<std::chrono::nanoseconds>;
    { c.watchdog_interval() } noexcept -> std::same_as<std::chrono::nanoseconds>;
    { l.reloading() } noexcept;
    { l.reloaded(text) } noexcept;
    { l.status(text) } noexcept;
    { l.stopping() } noexcept;
    { l.cause(number) } noexcept;
    { l.complain(text) } noexcept;
    { l.store(number, text) } noexcept -> std::same_as<bool>;
    { l.remove(text) } noexcept;
};

template <class P>
concept says_detaches = requires { requires std::is_same_v<decltype(P::detaches), const bool>; };

template <class P>
concept has_detach = requires(const P& p) {
    { p.detach() } -> fork_link;
};

/// Somebody is told something in the foreground, too.
template <class P>
concept has_foreground = requires(const P& p) {
    { p.foreground().detach() } -> fork_link;
    requires !std::remove_cvref_t<decltype(p.foreground())>::detaches;
};

template <class P>
concept says_foreground = requires(const P& p) { p.foreground(); };

template <class P>
concept speaks_of_life = requires(const P& p) { p.detach().stopping(); };

/// start() returns in the daemon only, which has to undo what the origin has claimed.
template <class P>
concept leaves_no_origin = requires { requires P::leaves_no_origin; };

template <class P>
concept fork_policy = std::copyable<P> && says_detaches<P> && has_detach<P>;

} // namespace daemonkit
