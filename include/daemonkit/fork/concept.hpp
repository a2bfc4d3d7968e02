// SPDX-License-Identifier: BSL-1.0
// fork: how the daemon leaves the process that called start(), the launcher. A policy is a copyable settings object.
// detach() makes the daemon and returns a link between the two processes. The daemon goes on to run(); the launcher
// waits on its end of the link until the daemon is ready, has failed, has died or is late.
//
//   expression               when, in which process     promise
//   P::detaches              compile time               whether run() runs in another process than start(). If false,
//                                                       nothing below is needed
//   P::leaves_no_launcher    compile time, optional     true: detach(plan) returns in the daemon only, and the link
//                                                       has no in_launcher() and no wait()
//   p.detach()               launcher, after the        makes the daemon; returns the link in both processes. Throws
//                            instance was claimed,      startup_error in the launcher; no process is left then
//                            all signals blocked
//   p.detach(plan)           launcher, the same time,   as detach(), but returns in the daemon only. The launcher waits
//                            if leaves_no_launcher      with plan.mask blocked, executes plan.removal if the daemon
//                                                       dies, prints how the start ended and exits
//   l.in_launcher()          both                       whether this process is the launcher
//   l.wait(progress)         launcher, once             blocks until the start has ended; returns the start_report
//   l.wait(progress, mask)   launcher, instead;         the same, called with all signals blocked. Sets `mask`, so a
//                            optional                   signal can cancel the start: the daemon is ended then
//   l.descriptor()           daemon                     the descriptor that must stay open when inherited descriptors
//                                                       are closed; -1: none
//   l.ready()                daemon, once               ends the launcher's wait with success; never throws
//   l.fail(sentence, status) daemon, once               ends the launcher's wait with this sentence and exit status;
//                                                       never throws
//   l.extend(duration)       daemon, before ready()     the launcher waits this long from now on; never throws
//   l.status(line)           daemon, before ready();    the launcher passes this line to its progress: valid UTF-8, no
//                            optional                   control characters; never throws, never waits
//
// fork(2), setsid(2), daemon(7).
#pragma once

#include "../core/require_cxx20.hpp"

#include "../core/launcher_plan.hpp"
#include "../core/progress.hpp"
#include "../core/start_result.hpp"
#include "../sys/time.hpp"

#include <signal.h>

#include <concepts>
#include <string_view>
#include <type_traits>
#include <utility>

namespace daemonkit {

namespace detail {

// One concept for each row of the table. The concepts and the assertions below are made of these.

/// P::detaches
template <class ForkPolicy>
concept has_detaches = requires { requires std::is_same_v<decltype(ForkPolicy::detaches), const bool>; };

template <class ForkPolicy>
concept detaches = has_detaches<ForkPolicy> && ForkPolicy::detaches;

/// P::leaves_no_launcher
template <class ForkPolicy>
concept leaves_no_launcher = requires { requires ForkPolicy::leaves_no_launcher; };

/// p.detach()
template <class ForkPolicy>
concept has_detach = requires(const ForkPolicy& p) { p.detach(); };

/// p.detach(plan)
template <class ForkPolicy>
concept has_detach_by_plan = requires(const ForkPolicy& p, const launcher_plan& plan) { p.detach(plan); };

/// l.in_launcher()
template <class ForkLink>
concept has_in_launcher = requires(const ForkLink& l) {
    { l.in_launcher() } -> std::convertible_to<bool>;
};

/// l.wait(progress)
template <class ForkLink>
concept has_wait_for_ready = requires(ForkLink& l) {
    { l.wait(no_progress{}) } -> std::same_as<start_report>;
};

/// l.wait(progress, mask)
template <class ForkLink>
concept waits_with_mask = requires(ForkLink& l, const sigset_t& mask) {
    { l.wait(no_progress{}, mask) } -> std::same_as<start_report>;
};

/// l.descriptor()
template <class ForkLink>
concept has_descriptor = requires(const ForkLink& l) {
    { l.descriptor() } -> std::same_as<int>;
};

/// l.ready()
template <class ForkLink>
concept has_ready = requires(ForkLink& l) {
    { l.ready() } noexcept;
};

/// l.fail(sentence, status)
template <class ForkLink>
concept has_fail = requires(ForkLink& l, std::string_view sentence, int status) {
    { l.fail(sentence, status) } noexcept;
};

/// l.extend(duration)
template <class ForkLink>
concept has_extend = requires(ForkLink& l, std::chrono::nanoseconds more) {
    { l.extend(more) } noexcept;
};

/// l.status(line)
template <class ForkLink>
concept tells_status = requires(ForkLink& l, std::string_view line) {
    { l.status(line) } noexcept;
};

struct no_link
{};
template <class ForkPolicy>
auto link_of()
{
    if constexpr (detaches<ForkPolicy> && has_detach<ForkPolicy>)
        return std::type_identity<std::remove_cvref_t<decltype(std::declval<const ForkPolicy&>().detach())>>();
    else
        return std::type_identity<no_link>();
}

/// What detach() returns; no_link for a policy that does not detach.
template <class ForkPolicy>
using link_type = typename decltype(link_of<ForkPolicy>())::type;

} // namespace detail

/// The daemon's end of a link.
template <class ForkLink>
concept fork_link = std::movable<ForkLink> && detail::has_descriptor<ForkLink> && detail::has_ready<ForkLink> &&
                    detail::has_fail<ForkLink> && detail::has_extend<ForkLink>;

/// Both ends of a link, for a ForkPolicy with a launcher that waits in start().
template <class ForkLink>
concept fork_link_to_launcher = fork_link<ForkLink> && detail::has_in_launcher<ForkLink> &&
                                (detail::has_wait_for_ready<ForkLink> || detail::waits_with_mask<ForkLink>);

/// How a daemon detaches; see the table above.
template <class ForkPolicy>
concept fork_policy = std::copyable<ForkPolicy> && detail::has_detaches<ForkPolicy> &&
                      (!detail::detaches<ForkPolicy> ||
                       (detail::has_detach<ForkPolicy> && detail::leaves_no_launcher<ForkPolicy> &&
                        detail::has_detach_by_plan<ForkPolicy> && fork_link<detail::link_type<ForkPolicy>>) ||
                       (detail::has_detach<ForkPolicy> && fork_link_to_launcher<detail::link_type<ForkPolicy>>));

namespace detail {

/// Compiles only if the policy is a fork_policy; otherwise one assertion names what it lacks.
template <class ForkPolicy>
struct fork_requirements
{
    using link = link_type<ForkPolicy>;
    static constexpr bool made = has_detach<ForkPolicy> && detaches<ForkPolicy>;
    static constexpr bool returns = made && !leaves_no_launcher<ForkPolicy>;

    static_assert(std::copyable<ForkPolicy>,
                  "daemonkit: the ForkPolicy must be copyable: a policy holds settings, its link owns resources");
    static_assert(has_detaches<ForkPolicy>, "daemonkit: the ForkPolicy lacks `static constexpr bool detaches`");
    static_assert(!detaches<ForkPolicy> || has_detach<ForkPolicy>, "daemonkit: the ForkPolicy lacks `detach() const`");
    static_assert(!leaves_no_launcher<ForkPolicy> || has_detach_by_plan<ForkPolicy>,
                  "daemonkit: the ForkPolicy leaves no launcher, but lacks `detach(const launcher_plan&) const`");
    static_assert(!returns || has_in_launcher<link>,
                  "daemonkit: the link that the ForkPolicy's detach() returns lacks `bool in_launcher() const`");
    static_assert(!made || has_descriptor<link>,
                  "daemonkit: the link that the ForkPolicy's detach() returns lacks `int descriptor() const`");
    static_assert(!made || has_ready<link>,
                  "daemonkit: the link that the ForkPolicy's detach() returns lacks `void ready() noexcept`");
    static_assert(!made || has_fail<link>,
                  "daemonkit: the link that the ForkPolicy's detach() returns lacks `void fail(std::string_view "
                  "sentence, int status) noexcept`");
    static_assert(!made || has_extend<link>, "daemonkit: the link that the ForkPolicy's detach() returns lacks `void "
                                             "extend(std::chrono::nanoseconds) noexcept`");
    static_assert(!returns || has_wait_for_ready<link> || waits_with_mask<link>,
                  "daemonkit: the link that the ForkPolicy's detach() returns lacks `start_report wait(Progress)`, a "
                  "template");
    static_assert(!made || std::movable<link>,
                  "daemonkit: the link that the ForkPolicy's detach() returns is not movable");
};

} // namespace detail

} // namespace daemonkit
