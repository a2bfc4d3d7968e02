// SPDX-License-Identifier: BSL-1.0
// pid: how the daemon proves which process it is. claim() takes the identity before anything forks, so that a loser
// makes no process. The guard then exists in the launcher and in the daemon, and exactly one of them releases it.
//
//   expression               when, in which process     promise
//   P::records_pid           compile time               whether other processes can find the daemon: find() and where()
//                                                       exist
//   p.claim()                launcher, before the       returns the guard. Throws already_running if a live daemon has
//                            first fork                 the identity, startup_error if it cannot be had; nothing is
//                                                       changed then
//   g.publish(pid)           daemon, before on_start(); from now on find() leads to this process, which releases the
//                            privileged, no chroot yet  identity at its end; may start threads; throws startup_error
//   g.removal()              launcher, optional: with   what the launcher removes if the daemon dies before it is
//                            leaves_no_launcher         ready; never throws
//   g.take_over()            daemon, optional: with     this process releases the identity from now on, and not the
//                            leaves_no_launcher         process that claimed it; never throws
//   g.started()              daemon, when it is ready;   find() no longer sets `starting`; never throws
//                            optional
//   g.reloading(begins)      daemon, at both ends of a   find() sets `reloading` in between; never throws
//                            reload; optional
//   g.stopping()             daemon, when it begins to   find() sets `stopping` from now on; never throws
//                            stop; optional
//   g.status(line)           daemon, after publish();    status_line() returns this line from now on, which is valid
//                            optional                    UTF-8 without control characters; never throws
//   g.release()              launcher, daemon lives     this copy of the guard releases nothing any more; never throws
//   g.control_fd()           daemon, at each reload;    the datagram socket that control_socket() is connected to, with
//                            optional                   SO_PASSCRED; -1: none. Its senders get the result of the reload
//   g.descriptors()          daemon, once               range of descriptors that must stay open
//   g.lost_fd()              daemon, at every wait      becomes readable when keep() has something to do; -1: never
//   g.keep()                 daemon, after on_start()   cheap; restores what can be restored. Returns false if the
//                            and after every wait       identity belongs to another daemon now: this one then stops
//   g.loss()                 daemon; optional           why keep() returned false, in words that follow "NAME: "
//   g.lost()                 daemon, any thread         optional: it is lost, also before keep(): one relaxed load
//   g.has_news()             daemon; optional           run() should look at identity(): wait() and wait_for() return
//   g.campaign()             daemon; with owns()        after on_dropped(): begins to wait; throws startup_error
//   g.owns()                 daemon, before run();      false: this process stands by, and run() begins when it owns;
//                            optional                   lost_fd() and keep() are served meanwhile
//   g.is_ready_standing_by() daemon; with owns()        whether the daemon is ready while it stands by
//   g.role()                 daemon; with owns()        what it stands by for, or owns: "standing by for host h1"
//   g.waiting(begins)        daemon; optional           at both ends of each wait of run(); never throws
//   g.wait_interval()        daemon; optional           how often run() must wait; sys::forever: never. Never throws
//   ~g                       launcher: start failed;    the identity is free again
//                            daemon: after on_stop()
//   p.find()                 any process, any user      the live holder, verified, with its pidfd; disturbs no process;
//                                                       throws startup_error if it cannot tell
//   p.has_record()           any process; optional      false: no daemon has left a record
//   p.control_socket(holder) any process; optional      a datagram socket with a name and SO_PASSCRED, connected to the
//                                                       control_fd() of that daemon; empty if it cannot be reached
//   p.status_line(holder)    any process; optional       the last line of status() of that daemon, and of no other;
//                                                        empty: there is none, or it cannot be had
//   p.details(holder)        any process; optional      a status_details: what status adds for this daemon, and start
//                                                       where it is ready
//   p.where()                any process                the place of the record, for people
//
// LSB 3.1, section 20.2; pidfd_open(2).
#pragma once

#include "../core/require_cxx20.hpp"

#include "../core/pid_holder.hpp"
#include "../core/status_details.hpp"
#include "../sys/raw/removal.hpp"

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>

namespace daemonkit {

namespace detail {

// One requirement each: the concepts and the assertions below are made of these. Each names the row of the table.

/// P::records_pid
template <class PidPolicy>
concept has_records_pid = requires { requires std::is_same_v<decltype(PidPolicy::records_pid), const bool>; };

template <class PidPolicy>
concept records_pid = has_records_pid<PidPolicy> && PidPolicy::records_pid;

/// p.claim()
template <class PidPolicy>
concept has_claim = requires(const PidPolicy& p) { p.claim(); };

struct no_identity
{};
template <class PidPolicy>
auto identity_of_policy()
{
    if constexpr (has_claim<PidPolicy>)
        return std::type_identity<std::remove_cvref_t<decltype(std::declval<const PidPolicy&>().claim())>>();
    else
        return std::type_identity<no_identity>();
}

/// What claim() returns.
template <class PidPolicy>
using identity_type = typename decltype(identity_of_policy<PidPolicy>())::type;

/// g.publish(pid)
template <class PidGuard>
concept has_publish = requires(PidGuard& g, pid_t pid) { g.publish(pid); };

/// g.started()
template <class PidGuard>
concept has_started = requires(PidGuard& g) {
    { g.started() } noexcept;
};

/// g.reloading(begins)
template <class PidGuard>
concept has_reloading = requires(PidGuard& g) {
    { g.reloading(true) } noexcept;
};

/// g.stopping()
template <class PidGuard>
concept has_stopping = requires(PidGuard& g) {
    { g.stopping() } noexcept;
};

/// g.status(line)
template <class PidGuard>
concept keeps_status = requires(PidGuard& g, std::string_view line) {
    { g.status(line) } noexcept;
};

/// g.release()
template <class PidGuard>
concept has_release = requires(PidGuard& g) {
    { g.release() } noexcept;
};

/// g.descriptors()
template <class PidGuard>
concept has_descriptors = requires(const PidGuard& g) {
    { *std::begin(g.descriptors()) } -> std::convertible_to<int>;
};

/// g.lost_fd()
template <class PidGuard>
concept has_lost_fd = requires(const PidGuard& g) {
    { g.lost_fd() } -> std::same_as<int>;
};

/// g.keep()
template <class PidGuard>
concept has_keep = requires(PidGuard& g) {
    { g.keep() } -> std::same_as<bool>;
};

/// g.loss()
template <class PidGuard>
concept has_loss = requires(const PidGuard& g) {
    { g.loss() } -> std::convertible_to<std::string>;
};

/// g.lost()
template <class PidGuard>
concept has_lost = requires(const PidGuard& g) {
    { g.lost() } noexcept -> std::same_as<bool>;
};

/// g.has_news()
template <class PidGuard>
concept tells_news = requires(PidGuard& g) {
    { g.has_news() } -> std::same_as<bool>;
};

/// g.campaign()
template <class PidGuard>
concept has_campaign = requires(PidGuard& g) { g.campaign(); };

/// g.waiting(begins)
template <class PidGuard>
concept has_waiting = requires(PidGuard& g) {
    { g.waiting(true) } noexcept;
};

/// g.wait_interval()
template <class PidGuard>
concept has_wait_interval = requires(const PidGuard& g) {
    { g.wait_interval() } noexcept -> std::same_as<std::chrono::nanoseconds>;
};

/// g.owns()
template <class PidGuard>
concept has_owns = requires(const PidGuard& g) {
    { g.owns() } -> std::same_as<bool>;
};

/// g.is_ready_standing_by()
template <class PidGuard>
concept has_is_ready_standing_by = requires(const PidGuard& g) {
    { g.is_ready_standing_by() } -> std::same_as<bool>;
};

/// g.role()
template <class PidGuard>
concept has_role = requires(const PidGuard& g) {
    { g.role() } -> std::convertible_to<std::string>;
};

/// What a guard needs if its daemon can stand by.
template <class PidGuard>
concept can_stand_by =
    has_campaign<PidGuard> && has_owns<PidGuard> && has_is_ready_standing_by<PidGuard> && has_role<PidGuard>;

/// g.removal()
template <class PidGuard>
concept has_removal = requires(const PidGuard& g) {
    { g.removal() } noexcept -> std::same_as<sys::raw_removal>;
};

/// g.take_over()
template <class PidGuard>
concept has_take_over = requires(PidGuard& g) {
    { g.take_over() } noexcept;
};

/// g.control_fd()
template <class PidGuard>
concept has_control_fd = requires(const PidGuard& g) {
    { g.control_fd() } noexcept -> std::same_as<int>;
};

/// p.control_socket(holder)
template <class PidPolicy>
concept has_control_socket = requires(const PidPolicy& p, const pid_holder& daemon) {
    { p.control_socket(daemon) } -> std::same_as<sys::unique_fd>;
};

/// p.find()
template <class PidPolicy>
concept has_find = requires(const PidPolicy& p) {
    { p.find() } -> std::same_as<pid_holder>;
};

/// p.status_line(holder)
template <class PidPolicy>
concept has_status_line = requires(const PidPolicy& p, const pid_holder& daemon) {
    { p.status_line(daemon) } -> std::convertible_to<std::string>;
};

/// p.details(holder)
template <class PidPolicy>
concept has_details = requires(const PidPolicy& p, const pid_holder& daemon) {
    { p.details(daemon) } -> std::same_as<status_details>;
};

/// p.where()
template <class PidPolicy>
concept has_where = requires(const PidPolicy& p) {
    { p.where() } -> std::convertible_to<std::string>;
};

/// p.has_record()
template <class PidPolicy>
concept has_has_record = requires(const PidPolicy& p) {
    { p.has_record() } -> std::same_as<bool>;
};

} // namespace detail

/// What claim() returns.
template <class PidGuard>
concept pid_guard = std::movable<PidGuard> && detail::has_publish<PidGuard> && detail::has_release<PidGuard> &&
                    detail::has_descriptors<PidGuard> && detail::has_lost_fd<PidGuard> && detail::has_keep<PidGuard>;

/// A PidPolicy: see the table at the top of this file.
template <class PidPolicy>
concept pid_policy =
    std::copyable<PidPolicy> && detail::has_records_pid<PidPolicy> && detail::has_claim<PidPolicy> &&
    pid_guard<detail::identity_type<PidPolicy>> &&
    (!detail::records_pid<PidPolicy> || (detail::has_find<PidPolicy> && detail::has_where<PidPolicy>)) &&
    detail::has_control_socket<PidPolicy> == detail::has_control_fd<detail::identity_type<PidPolicy>> &&
    detail::has_owns<detail::identity_type<PidPolicy>> == detail::can_stand_by<detail::identity_type<PidPolicy>>;

} // namespace daemonkit
