// SPDX-License-Identifier: BSL-1.0
// lease: who decides, among many hosts, which daemon owns an identity. A store is a copyable settings object. open()
// returns a session, which one thread uses. A lease ends by itself if its owner does not renew it for the TTL, and no
// sooner: the TTL is counted from a moment after the call of acquire() or renew() that extended it.
//
//   expression               when, in which process     promise
//   S::expires               compile time               whether a lease ends by itself. If not, the daemon that owns it
//                                                       is never killed
//   s.where()                any process                the place of the lease, for people
//   s.check_settings()       launcher; optional         throws startup_error, bad_setting, if the settings can never work
//   s.open(terms)            daemon, engine's thread    a session. Threads may be started here: the daemon has forked.
//                                                       Throws std::system_error
//   n.acquire(self, until)   daemon, engine's thread    tries to own the lease; returns the token, or the holder. If an
//                                                       earlier call failed and its request reached the store all the
//                                                       same, this session owns the lease already: renews it, and
//                                                       returns the token
//   n.renew(until)           daemon, engine's thread,   renewed; asked: renewed, and the owner is asked to step down;
//                            as owner                   lost: another daemon can own the lease now, or owns it
//   n.release(until)         daemon, engine's thread    this session owns nothing and wants nothing from now on
//   n.holder(until)          any process                the holder at this moment; empty: the lease is free
//   n.ask_release(until)     any process; optional      asks the holder to step down: its renew() returns asked
//   n.watch(until)           daemon, engine's thread    returns when another daemon may have taken or left the lease, or
//                                                       the owner is asked to step down; else at `until`. May return
//                                                       early
//
// Every function of a session returns by `until`, a time of CLOCK_BOOTTIME, and all but release() return soon after
// `terms.wake` became readable. A store that is down, a time-out and a wake-up are failures: std::system_error. A
// failure means "cannot tell", never "no": the request may have reached the store, or may reach it later.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../sys/boot_clock.hpp"
#include "holder.hpp"

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace daemonkit {

/// What a session is opened with.
struct lease_terms
{
    std::chrono::nanoseconds ttl{}; ///< how long a lease lives after it was last renewed; a store may round it up
    int wake = -1;                  ///< calls end soon after this descriptor became readable; -1: none
};

/// The answer to acquire().
struct lease_answer
{
    std::uint64_t token = 0; ///< the lease is owned: greater than that of every earlier owner. 0: it is not
    std::optional<lease_holder> holder{}; ///< the holder; empty: owned, or it is not known
};

/// The answer to renew().
enum class lease_renewal {
    renewed, ///< it lives for another TTL
    asked,   ///< the same, and the owner is asked to step down
    lost     ///< it has ended, or another daemon owns it
};

namespace detail {

// One concept for each row of the table.

using lease_time = sys::boot_clock::time_point;

/// S::expires
template <class Store>
concept has_expires = requires { requires std::is_same_v<decltype(Store::expires), const bool>; };

/// s.where()
template <class Store>
concept has_lease_place = requires(const Store& s) {
    { s.where() } -> std::convertible_to<std::string>;
};

/// s.check_settings()
template <class Store>
concept has_check_settings = requires(const Store& s) { s.check_settings(); };

/// s.open(terms)
template <class Store>
concept has_open = requires(const Store& s, const lease_terms& terms) { s.open(terms); };

/// n.acquire(self, until)
template <class LeaseSession>
concept has_acquire = requires(LeaseSession& n, const lease_holder& self, lease_time until) {
    { n.acquire(self, until) } -> std::same_as<lease_answer>;
};

/// n.renew(until)
template <class LeaseSession>
concept has_renew = requires(LeaseSession& n, lease_time until) {
    { n.renew(until) } -> std::same_as<lease_renewal>;
};

/// n.release(until)
template <class LeaseSession>
concept has_lease_release = requires(LeaseSession& n, lease_time until) { n.release(until); };

/// n.holder(until)
template <class LeaseSession>
concept has_holder = requires(LeaseSession& n, lease_time until) {
    { n.holder(until) } -> std::same_as<std::optional<lease_holder>>;
};

/// n.ask_release(until)
template <class LeaseSession>
concept has_ask_release = requires(LeaseSession& n, lease_time until) { n.ask_release(until); };

/// n.watch(until)
template <class LeaseSession>
concept has_watch = requires(LeaseSession& n, lease_time until) { n.watch(until); };

template <class Store>
using session_type = std::remove_cvref_t<decltype(std::declval<const Store&>().open(std::declval<lease_terms>()))>;

} // namespace detail

/// What open() returns.
template <class LeaseSession>
concept lease_session =
    std::movable<LeaseSession> && detail::has_acquire<LeaseSession> && detail::has_renew<LeaseSession> &&
    detail::has_lease_release<LeaseSession> && detail::has_holder<LeaseSession> && detail::has_watch<LeaseSession>;

/// A store of leases: see the table at the top of this file.
template <class Store>
concept lease_store = std::copyable<Store> && detail::has_expires<Store> && detail::has_lease_place<Store> &&
                      detail::has_open<Store> && lease_session<detail::session_type<Store>>;

} // namespace daemonkit
