// SPDX-License-Identifier: BSL-1.0
// stdio: where standard input, output and error of the daemon go. redirect() is never undone: a saved copy of the old
// standard output would keep the terminal open, and `start | cat` would not end. The guard only releases its own
// resources.
//
//   expression               when, in which process     promise
//   P::keeps_terminal        compile time               whether 0, 1 and 2 stay those of the launcher; such a daemon
//                                                       cannot detach
//   P::reopens               compile time               whether a reload reopens files; the daemon then receives SIGHUP
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
template <class Policy>
concept has_keeps_terminal = requires { requires std::is_same_v<decltype(Policy::keeps_terminal), const bool>; };

/// P::reopens
template <class Policy>
concept has_reopens = requires { requires std::is_same_v<decltype(Policy::reopens), const bool>; };

/// p.redirect()
template <class Policy>
concept has_redirect = requires(const Policy& p) { p.redirect(); };

struct no_streams
{};
template <class Policy>
auto streams_of()
{
    if constexpr (has_redirect<Policy>)
        return std::type_identity<std::remove_cvref_t<decltype(std::declval<const Policy&>().redirect())>>();
    else
        return std::type_identity<no_streams>();
}

/// What redirect() returns.
template <class Policy>
using streams_type = typename decltype(streams_of<Policy>())::type;

/// g.give_to(uid, gid)
template <class Guard>
concept has_give_to = requires(Guard& g, uid_t user, gid_t group) { g.give_to(user, group); };

/// g.reopen()
template <class Guard>
concept has_reopen = requires(Guard& g) { g.reopen(); };

} // namespace detail

/// What redirect() returns; see the table above.
template <class Guard>
concept stdio_guard = std::movable<Guard> && detail::has_give_to<Guard> && detail::has_reopen<Guard>;

/// Where a daemon's standard streams go; see the table above.
template <class Policy>
concept stdio_policy = std::copyable<Policy> && detail::has_keeps_terminal<Policy> && detail::has_reopens<Policy> &&
                       detail::has_redirect<Policy> && stdio_guard<detail::streams_type<Policy>>;

/// The guard of a policy whose streams are not reopened by a reload.
struct fixed_streams
{
    void give_to(uid_t, gid_t) noexcept {}
    void reopen() noexcept {}
};

namespace detail {

/// Compiles only if the policy is a stdio_policy; otherwise one assertion names what it lacks.
template <class Policy>
struct stdio_requirements
{
    using guard = streams_type<Policy>;
    static constexpr bool made = has_redirect<Policy>;

    static_assert(std::copyable<Policy>,
                  "daemonkit: the StdioPolicy must be copyable: a policy holds settings, its guard owns resources");
    static_assert(has_keeps_terminal<Policy>,
                  "daemonkit: the StdioPolicy lacks `static constexpr bool keeps_terminal`");
    static_assert(has_reopens<Policy>, "daemonkit: the StdioPolicy lacks `static constexpr bool reopens`");
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
