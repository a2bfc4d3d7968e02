// SPDX-License-Identifier: BSL-1.0
// stdio: where standard output and standard error of the daemon go. redirect() is final: a saved copy of the old
// standard output would keep the terminal open, and `start | cat` would wait for its end. The guard only releases
// resources of its own.
//
//   expression               when, in which process     promise
//   P::keeps_terminal        compile time               whether 0, 1 and 2 stay the caller's; forbids detaching
//   P::reopens               compile time               whether a reload reopens anything: HUP is then heard
//   p.redirect()             daemon, before on_start(), descriptors 0, 1 and 2 are open where the policy says; throws
//                            privileged; not by run     startup_error
//   g.give_to(uid, gid)      daemon, before privileges  gives the user what this start made, so that reopen() can open
//                            are dropped                it; throws startup_error
//   g.reopen()               daemon, at each reload,    puts new files on the same descriptors; throws startup_error
//                            before on_reload()         and keeps the old files
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

// One requirement each: the concepts and the assertions below are made of these. Each names the row of the table.

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

template <class Guard>
concept stdio_guard = std::movable<Guard> && detail::has_give_to<Guard> && detail::has_reopen<Guard>;

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

/// Says in one sentence what a StdioPolicy lacks.
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
