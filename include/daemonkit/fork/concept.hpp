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
//                            instance was claimed       startup_error in the launcher; no process is left then
//   p.detach(plan)           launcher, the same time,   as detach(), but returns in the daemon only. The launcher waits
//                            if leaves_no_launcher      with plan.mask blocked, executes plan.removal if the daemon
//                                                       dies, prints how the start ended and exits
//   l.in_launcher()          both                       whether this process is the launcher
//   l.wait(progress)         launcher, once             blocks until the start has ended; returns the start_report
//   l.descriptor()           daemon                     the descriptor that must stay open when inherited descriptors
//                                                       are closed; -1: none
//   l.ready()                daemon, once               ends the launcher's wait with success; never throws
//   l.fail(sentence, status) daemon, once               ends the launcher's wait with this sentence and exit status;
//                                                       never throws
//   l.extend(duration)       daemon, before ready()     the launcher waits this long from now on; never throws
//
// fork(2), setsid(2), daemon(7).
#pragma once

#include "../core/require_cxx20.hpp"

#include "../core/launcher_plan.hpp"
#include "../core/progress.hpp"
#include "../core/start_result.hpp"
#include "../sys/time.hpp"

#include <concepts>
#include <string_view>
#include <type_traits>
#include <utility>

namespace daemonkit {

namespace detail {

// One concept for each row of the table. The concepts and the assertions below are made of these.

/// P::detaches
template <class Policy>
concept has_detaches = requires { requires std::is_same_v<decltype(Policy::detaches), const bool>; };

template <class Policy>
concept detaches = has_detaches<Policy> && Policy::detaches;

/// P::leaves_no_launcher
template <class Policy>
concept leaves_no_launcher = requires { requires Policy::leaves_no_launcher; };

/// p.detach()
template <class Policy>
concept has_detach = requires(const Policy& p) { p.detach(); };

/// p.detach(plan)
template <class Policy>
concept has_detach_by_plan = requires(const Policy& p, const launcher_plan& plan) { p.detach(plan); };

/// l.in_launcher()
template <class Link>
concept has_in_launcher = requires(const Link& l) {
    { l.in_launcher() } -> std::convertible_to<bool>;
};

/// l.wait(progress)
template <class Link>
concept has_wait_for_ready = requires(Link& l) {
    { l.wait(no_progress{}) } -> std::same_as<start_report>;
};

/// l.descriptor()
template <class Link>
concept has_descriptor = requires(const Link& l) {
    { l.descriptor() } -> std::same_as<int>;
};

/// l.ready()
template <class Link>
concept has_ready = requires(Link& l) {
    { l.ready() } noexcept;
};

/// l.fail(sentence, status)
template <class Link>
concept has_fail = requires(Link& l, std::string_view sentence, int status) {
    { l.fail(sentence, status) } noexcept;
};

/// l.extend(duration)
template <class Link>
concept has_extend = requires(Link& l, std::chrono::nanoseconds more) {
    { l.extend(more) } noexcept;
};

struct no_link
{};
template <class Policy>
auto link_of()
{
    if constexpr (detaches<Policy> && has_detach<Policy>)
        return std::type_identity<std::remove_cvref_t<decltype(std::declval<const Policy&>().detach())>>();
    else
        return std::type_identity<no_link>();
}

/// What detach() returns; no_link for a policy that does not detach.
template <class Policy>
using link_type = typename decltype(link_of<Policy>())::type;

} // namespace detail

/// The daemon's end of a link.
template <class Link>
concept fork_link = std::movable<Link> && detail::has_descriptor<Link> && detail::has_ready<Link> &&
                    detail::has_fail<Link> && detail::has_extend<Link>;

/// Both ends of a link, for a ForkPolicy whose launcher waits in start().
template <class Link>
concept fork_link_to_launcher = fork_link<Link> && detail::has_in_launcher<Link> && detail::has_wait_for_ready<Link>;

/// How a daemon detaches; see the table above.
template <class Policy>
concept fork_policy = std::copyable<Policy> && detail::has_detaches<Policy> &&
                      (!detail::detaches<Policy> ||
                       (detail::has_detach<Policy> && detail::leaves_no_launcher<Policy> &&
                        detail::has_detach_by_plan<Policy> && fork_link<detail::link_type<Policy>>) ||
                       (detail::has_detach<Policy> && fork_link_to_launcher<detail::link_type<Policy>>));

namespace detail {

/// Compiles only if the policy is a fork_policy; otherwise one assertion names what it lacks.
template <class Policy>
struct fork_requirements
{
    using link = link_type<Policy>;
    static constexpr bool made = has_detach<Policy> && detaches<Policy>;
    static constexpr bool returns = made && !leaves_no_launcher<Policy>;

    static_assert(std::copyable<Policy>,
                  "daemonkit: the ForkPolicy must be copyable: a policy holds settings, its link owns resources");
    static_assert(has_detaches<Policy>, "daemonkit: the ForkPolicy lacks `static constexpr bool detaches`");
    static_assert(!detaches<Policy> || has_detach<Policy>, "daemonkit: the ForkPolicy lacks `detach() const`");
    static_assert(!leaves_no_launcher<Policy> || has_detach_by_plan<Policy>,
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
    static_assert(!returns || has_wait_for_ready<link>,
                  "daemonkit: the link that the ForkPolicy's detach() returns lacks `start_report wait(Progress)`, a "
                  "template");
    static_assert(!made || std::movable<link>,
                  "daemonkit: the link that the ForkPolicy's detach() returns is not movable");
};

} // namespace detail

} // namespace daemonkit
