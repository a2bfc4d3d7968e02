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
//   p.detach()               after the identity was     returns the link in both processes; throws startup_error
//                            claimed; in the origin     in the origin, having made no process
//   l.in_origin()            both                       which of the two this is; always false if !detaches
//   l.ready()                daemon, once               the origin's wait ends well; never throws
//   l.fail(sentence, status) daemon, once               the origin's wait ends with this sentence and status
//   l.extend(duration)       daemon, before ready       the origin waits that much longer from now on
//   l.wait(progress)         origin, once               blocks; returns the start_report
//   l.descriptor()           daemon                     what descriptor hygiene must not close; -1 for none
//
// fork(2), setsid(2), daemon(7).
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

template <class P>
concept says_detaches = requires { requires std::is_same_v<decltype(P::detaches), const bool>; };

template <class P>
concept has_detach = requires(const P& p) {
    { p.detach() } -> fork_link;
};

/// start() returns in the daemon only, which has to undo what the origin has claimed.
template <class P>
concept leaves_no_origin = requires { requires P::leaves_no_origin; };

template <class P>
concept fork_policy = std::copyable<P> && says_detaches<P> && has_detach<P>;

} // namespace daemonkit
