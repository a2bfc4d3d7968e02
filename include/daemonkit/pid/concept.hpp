// SPDX-License-Identifier: BSL-1.0
// pid: how the daemon proves which process it is. claim() takes the identity before anything forks, so that a loser
// makes no process; the guard is then in the origin and in the daemon alike, and exactly one of them undoes it.
//
//   expression               when, in which process     promise
//   P::records_pid           compile time               whether others can find the daemon: find() and where() exist
//   p.claim()                before the first fork, in  returns the guard; throws already_running if a live daemon
//                            the origin                 has the identity, startup_error if it cannot be had, with
//                                                       nothing changed in either case
//   g.publish(pid)           daemon before on_start();  from now on find() leads here; throws startup_error.
//                            privileged, no chroot yet  The process that published is the one that undoes
//   g.remains()              origin, with handoff_fork  what it takes away if the daemon dies before it is ready
//   g.adopt()                daemon, with handoff_fork, this process undoes from now on, and not the one that
//                            before publish()           claimed; never throws
//   g.release()              origin, daemon is ready    this copy undoes nothing any more; never throws
//   g.control_fd()           daemon, at each reload,    the datagram socket that control_socket() leads to,
//                            optional                   with SO_PASSCRED: who asks there hears how it ended
//   g.descriptors()          daemon, once               range of what descriptor hygiene must not close
//   g.lost_fd()              daemon, at every wait      readable when keep() has work; -1: never
//   g.keep()                 daemon, after every wait   cheap; restores what can be restored; false: the identity is
//                                                       another's now, and the daemon stops
//   ~g                       origin: start failed;      the identity is free again
//                            daemon: after on_stop()
//   p.find()                 any process, any user      the live holder, verified, as a pidfd; disturbs nobody;
//                                                       throws startup_error if it cannot tell
//   p.has_record()           any; optional              false: there is nothing to clear away after a daemon
//   p.control_socket(holder) any; optional              a datagram socket that has a name and SO_PASSCRED and is
//                                                       connected to that daemon's control_fd(); an empty one if it
//                                                       cannot be reached from here
//   p.where()                any                        the place of the record, for people
//
// LSB 3.1, section 20.2; pidfd_open(2).
#pragma once

#include "../sys/raw_removal.hpp"
#include "holder.hpp"

#include <concepts>
#include <string>
#include <type_traits>

namespace daemonkit {

template <class G>
concept pid_guard = std::movable<G> && requires(G g, const G c, pid_t pid) {
    g.publish(pid);
    { g.release() } noexcept;
    { *std::begin(c.descriptors()) } -> std::convertible_to<int>;
    { c.lost_fd() } -> std::same_as<int>;
    { g.keep() } -> std::same_as<bool>;
};

/// What a daemon needs whose origin does not go on.
template <class G>
concept can_be_adopted = requires(G g, const G c) {
    { g.adopt() } noexcept;
    { c.remains() } noexcept -> std::same_as<sys::raw_removal>;
};

/// Whoever asks it hears how a reload ended.
template <class G>
concept can_be_asked = requires(const G g) {
    { g.control_fd() } noexcept -> std::same_as<int>;
};

template <class P>
concept has_control_socket = requires(const P& p, const holder& daemon) {
    { p.control_socket(daemon) } -> std::same_as<sys::unique_fd>;
};

template <class P>
concept says_records_pid = requires { requires std::is_same_v<decltype(P::records_pid), const bool>; };

template <class P>
concept has_claim = requires(const P& p) {
    { p.claim() } -> pid_guard;
};

template <class P>
concept has_find = requires(const P& p) {
    { p.find() } -> std::same_as<holder>;
    { p.where() } -> std::convertible_to<std::string>;
};

template <class P>
concept pid_policy = std::copyable<P> && says_records_pid<P> && has_claim<P> && (!P::records_pid || has_find<P>);

} // namespace daemonkit
