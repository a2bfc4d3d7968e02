// SPDX-License-Identifier: BSL-1.0
// notify: what the daemon tells the service manager as long as the daemon runs. A policy is a copyable settings object.
// connect() returns the line to the manager. The link of the ForkPolicy is separate: it ends when the daemon is ready.
// A daemon can have both.
//
//   expression               when, in which process     promise
//   P::notifies              compile time               whether a service manager is told anything. If false, nothing
//                                                       below is needed
//   p.connect()              daemon, first step; in     returns the line; removes the manager's variables from the
//                            the foreground too         environment; throws startup_error
//   n.descriptors()          daemon, once               returns a range of the descriptors that must stay open
//   n.ready()                daemon, once               the daemon is ready
//   n.fail(sentence, error)  daemon, once               the start failed, or run() threw; `error`: the errno, or 0
//   n.extend(duration)       daemon, while it starts    the manager waits this long from now on
//                            or stops
//   n.alive()                daemon, at every wait      sends a watchdog ping if one is due; returns the time until the
//                                                       next, or sys::forever
//   n.watchdog_interval()    daemon                     the longest time between two such waits, or sys::forever
//   n.reloading()            daemon, after SIGHUP       a reload begins
//   n.reloaded(refusal)      daemon                     the reload has ended; `refusal`: empty, or the reason why the
//                                                       old configuration stays
//   n.status(text)           daemon, any time           one line for people
//   n.stopping()             daemon, once               run() returned or threw
//   n.store(fd, name)        daemon, any time           the manager keeps a copy of `fd` for the next start; returns
//                                                       whether the request was sent
//   n.remove(name)           daemon, any time           the manager closes what was stored under this name
//
// All functions but connect() never throw. The thread that called start() calls all of them. sd_notify(3).
#pragma once

#include "../core/require_cxx20.hpp"

#include "../sys/time.hpp"

#include <concepts>
#include <string_view>
#include <type_traits>
#include <utility>

namespace daemonkit {

namespace detail {

// One concept for each row of the table. The concepts and the assertions below are made of these.

/// P::notifies
template <class NotifyPolicy>
concept has_notifies = requires { requires std::is_same_v<decltype(NotifyPolicy::notifies), const bool>; };

template <class NotifyPolicy>
concept notifies = has_notifies<NotifyPolicy> && NotifyPolicy::notifies;

/// p.connect()
template <class NotifyPolicy>
concept has_connect = requires(const NotifyPolicy& p) { p.connect(); };

struct no_manager
{};
template <class NotifyPolicy>
auto manager_of()
{
    if constexpr (notifies<NotifyPolicy> && has_connect<NotifyPolicy>)
        return std::type_identity<std::remove_cvref_t<decltype(std::declval<const NotifyPolicy&>().connect())>>();
    else
        return std::type_identity<no_manager>();
}

/// What connect() returns; no_manager if the policy notifies no service manager.
template <class NotifyPolicy>
using manager_type = typename decltype(manager_of<NotifyPolicy>())::type;

/// n.descriptors()
template <class NotifyLine>
concept has_kept_descriptors = requires(const NotifyLine& n) {
    { *std::begin(n.descriptors()) } -> std::convertible_to<int>;
};

/// n.ready()
template <class NotifyLine>
concept notifies_ready = requires(NotifyLine& n) {
    { n.ready() } noexcept;
};

/// n.fail(sentence, error)
template <class NotifyLine>
concept notifies_failure = requires(NotifyLine& n, std::string_view sentence, int error) {
    { n.fail(sentence, error) } noexcept;
};

/// n.extend(duration)
template <class NotifyLine>
concept notifies_extension = requires(NotifyLine& n, std::chrono::nanoseconds more) {
    { n.extend(more) } noexcept;
};

/// n.alive()
template <class NotifyLine>
concept notifies_watchdog = requires(NotifyLine& n) {
    { n.alive() } noexcept -> std::same_as<std::chrono::nanoseconds>;
};

/// n.watchdog_interval()
template <class NotifyLine>
concept has_watchdog_interval = requires(const NotifyLine& n) {
    { n.watchdog_interval() } noexcept -> std::same_as<std::chrono::nanoseconds>;
};

/// n.reloading()
template <class NotifyLine>
concept notifies_reloading = requires(NotifyLine& n) {
    { n.reloading() } noexcept;
};

/// n.reloaded(refusal)
template <class NotifyLine>
concept notifies_reloaded = requires(NotifyLine& n, std::string_view refusal) {
    { n.reloaded(refusal) } noexcept;
};

/// n.status(text)
template <class NotifyLine>
concept notifies_status = requires(NotifyLine& n, std::string_view text) {
    { n.status(text) } noexcept;
};

/// n.stopping()
template <class NotifyLine>
concept notifies_stopping = requires(NotifyLine& n) {
    { n.stopping() } noexcept;
};

/// n.store(fd, name)
template <class NotifyLine>
concept stores_descriptors = requires(NotifyLine& n, int fd, std::string_view name) {
    { n.store(fd, name) } noexcept -> std::same_as<bool>;
};

/// n.remove(name)
template <class NotifyLine>
concept removes_descriptors = requires(NotifyLine& n, std::string_view name) {
    { n.remove(name) } noexcept;
};

} // namespace detail

/// The line to a service manager; see the table above.
template <class NotifyLine>
concept notify_line =
    std::movable<NotifyLine> && detail::has_kept_descriptors<NotifyLine> && detail::notifies_ready<NotifyLine> &&
    detail::notifies_failure<NotifyLine> && detail::notifies_extension<NotifyLine> &&
    detail::notifies_watchdog<NotifyLine> && detail::has_watchdog_interval<NotifyLine> &&
    detail::notifies_reloading<NotifyLine> && detail::notifies_reloaded<NotifyLine> &&
    detail::notifies_status<NotifyLine> && detail::notifies_stopping<NotifyLine> &&
    detail::stores_descriptors<NotifyLine> && detail::removes_descriptors<NotifyLine>;

/// How a daemon notifies a service manager; see the table above.
template <class NotifyPolicy>
concept notify_policy = std::copyable<NotifyPolicy> && detail::has_notifies<NotifyPolicy> &&
                        (!detail::notifies<NotifyPolicy> ||
                         (detail::has_connect<NotifyPolicy> && notify_line<detail::manager_type<NotifyPolicy>>));

namespace detail {

/// Compiles only if the policy is a notify_policy; otherwise one assertion names what it lacks.
template <class NotifyPolicy>
struct notify_requirements
{
    using line = manager_type<NotifyPolicy>;
    static constexpr bool made = notifies<NotifyPolicy> && has_connect<NotifyPolicy>;

    static_assert(std::copyable<NotifyPolicy>,
                  "daemonkit: the NotifyPolicy must be copyable: a policy holds settings, its line owns resources");
    static_assert(has_notifies<NotifyPolicy>, "daemonkit: the NotifyPolicy lacks `static constexpr bool notifies`");
    static_assert(!notifies<NotifyPolicy> || has_connect<NotifyPolicy>,
                  "daemonkit: the NotifyPolicy lacks `connect() const`");
    static_assert(!made || std::movable<line>,
                  "daemonkit: the line that the NotifyPolicy's connect() returns is not movable");
    static_assert(!made || has_kept_descriptors<line>,
                  "daemonkit: the line that the NotifyPolicy's connect() returns lacks `descriptors() const`, a range "
                  "of int");
    static_assert(!made || notifies_ready<line>,
                  "daemonkit: the line that the NotifyPolicy's connect() returns lacks `void ready() noexcept`");
    static_assert(!made || notifies_failure<line>,
                  "daemonkit: the line that the NotifyPolicy's connect() returns lacks `void fail(std::string_view "
                  "sentence, int error) noexcept`");
    static_assert(!made || notifies_extension<line>,
                  "daemonkit: the line that the NotifyPolicy's connect() returns lacks `void "
                  "extend(std::chrono::nanoseconds) noexcept`");
    static_assert(!made || notifies_watchdog<line>,
                  "daemonkit: the line that the NotifyPolicy's connect() returns lacks `std::chrono::nanoseconds "
                  "alive() noexcept`");
    static_assert(!made || has_watchdog_interval<line>,
                  "daemonkit: the line that the NotifyPolicy's connect() returns lacks `std::chrono::nanoseconds "
                  "watchdog_interval() const noexcept`");
    static_assert(!made || notifies_reloading<line>,
                  "daemonkit: the line that the NotifyPolicy's connect() returns lacks `void reloading() noexcept`");
    static_assert(!made || notifies_reloaded<line>,
                  "daemonkit: the line that the NotifyPolicy's connect() returns lacks `void "
                  "reloaded(std::string_view refusal) noexcept`");
    static_assert(!made || notifies_status<line>,
                  "daemonkit: the line that the NotifyPolicy's connect() returns lacks `void "
                  "status(std::string_view) noexcept`");
    static_assert(!made || notifies_stopping<line>,
                  "daemonkit: the line that the NotifyPolicy's connect() returns lacks `void stopping() noexcept`");
    static_assert(!made || stores_descriptors<line>,
                  "daemonkit: the line that the NotifyPolicy's connect() returns lacks `bool store(int fd, "
                  "std::string_view name) noexcept`");
    static_assert(!made || removes_descriptors<line>,
                  "daemonkit: the line that the NotifyPolicy's connect() returns lacks `void "
                  "remove(std::string_view name) noexcept`");
};

} // namespace detail

} // namespace daemonkit
