// SPDX-License-Identifier: BSL-1.0
// stdio: where standard input, output and error of the daemon go. redirect() is never undone: a saved copy of the old
// standard output would keep the terminal open, and `start | cat` would not end. The guard only releases its own
// resources.
//
//   expression               when, in which process     promise
//   P::keeps_terminal        compile time               whether 0, 1 and 2 stay those of the launcher; such a daemon
//                                                       cannot detach
//   P::reopens               compile time               whether a reload reopens files; the daemon then receives SIGHUP
//   p.inherits()             launcher, daemon; optional whether 0, 1 and 2 stay those of the launcher with these settings;
//                                                       start() then fails if it would detach; never throws
//   p.redirect()             daemon, before on_start(), opens 0, 1 and 2 where the policy says; throws startup_error
//                            privileged; not by run
//   g.give_to(uid, gid)      daemon, before privileges  gives the files that this start made to the user, who needs
//                            are dropped                them for reopen(); throws startup_error
//   g.reopen()               daemon, at each reload,    puts new files on the same descriptors; on failure throws
//                            before on_reload()         startup_error and keeps the old files
//
// daemon(7), SysV daemons, step 9.
#pragma once

#include "../core/require_cxx20.hpp"

#include <sys/types.h>

#include <concepts>
#include <type_traits>
#include <utility>

namespace daemonkit {

namespace detail {

// One concept for each row of the table. The concepts and the assertions below are made of these.

/// P::keeps_terminal
template <class StdioPolicy>
concept has_keeps_terminal = requires { requires std::is_same_v<decltype(StdioPolicy::keeps_terminal), const bool>; };

/// P::reopens
template <class StdioPolicy>
concept has_reopens = requires { requires std::is_same_v<decltype(StdioPolicy::reopens), const bool>; };

/// p.inherits()
template <class StdioPolicy>
concept has_inherits = requires(const StdioPolicy& p) {
    { p.inherits() } noexcept -> std::same_as<bool>;
};

/// p.redirect()
template <class StdioPolicy>
concept has_redirect = requires(const StdioPolicy& p) { p.redirect(); };

/// Whether 0, 1 and 2 stay those of the launcher.
template <class StdioPolicy>
[[nodiscard]] constexpr bool keeps_streams([[maybe_unused]] const StdioPolicy& p) noexcept
{
    if constexpr (has_inherits<StdioPolicy>)
        return p.inherits();
    else
        return StdioPolicy::keeps_terminal;
}

struct no_streams
{};
template <class StdioPolicy>
auto streams_of()
{
    if constexpr (has_redirect<StdioPolicy>)
        return std::type_identity<std::remove_cvref_t<decltype(std::declval<const StdioPolicy&>().redirect())>>();
    else
        return std::type_identity<no_streams>();
}

/// What redirect() returns.
template <class StdioPolicy>
using streams_type = typename decltype(streams_of<StdioPolicy>())::type;

/// g.give_to(uid, gid)
template <class StdioGuard>
concept has_give_to = requires(StdioGuard& g, uid_t user, gid_t group) { g.give_to(user, group); };

/// g.reopen()
template <class StdioGuard>
concept has_reopen = requires(StdioGuard& g) { g.reopen(); };

} // namespace detail

/// What redirect() returns; see the table above.
template <class StdioGuard>
concept stdio_guard = std::movable<StdioGuard> && detail::has_give_to<StdioGuard> && detail::has_reopen<StdioGuard>;

/// Where a daemon's standard streams go; see the table above.
template <class StdioPolicy>
concept stdio_policy =
    std::copyable<StdioPolicy> && detail::has_keeps_terminal<StdioPolicy> && detail::has_reopens<StdioPolicy> &&
    detail::has_redirect<StdioPolicy> && stdio_guard<detail::streams_type<StdioPolicy>>;

/// The guard of a policy that reopens nothing at a reload.
struct fixed_streams
{
    void give_to(uid_t, gid_t) noexcept {} ///< does nothing
    void reopen() noexcept {}              ///< does nothing
};

namespace detail {

/// Compiles only if the policy is a stdio_policy; otherwise one assertion names what it lacks.
template <class StdioPolicy>
struct stdio_requirements
{
    using guard = streams_type<StdioPolicy>;
    static constexpr bool made = has_redirect<StdioPolicy>;

    static_assert(std::copyable<StdioPolicy>,
                  "daemonkit: the StdioPolicy must be copyable: a policy holds settings, its guard owns resources");
    static_assert(has_keeps_terminal<StdioPolicy>,
                  "daemonkit: the StdioPolicy lacks `static constexpr bool keeps_terminal`");
    static_assert(has_reopens<StdioPolicy>, "daemonkit: the StdioPolicy lacks `static constexpr bool reopens`");
    static_assert(made, "daemonkit: the StdioPolicy lacks `redirect() const`");
    static_assert(!made || has_give_to<guard>,
                  "daemonkit: the guard that the StdioPolicy's redirect() returns lacks `void give_to(uid_t, gid_t)`");
    static_assert(!made || has_reopen<guard>,
                  "daemonkit: the guard that the StdioPolicy's redirect() returns lacks `void reopen()`");
    static_assert(!made || std::movable<guard>,
                  "daemonkit: the guard that the StdioPolicy's redirect() returns is not movable");
};

} // namespace detail

} // namespace daemonkit
