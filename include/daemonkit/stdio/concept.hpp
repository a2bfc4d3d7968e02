// SPDX-License-Identifier: BSL-1.0
// stdio: where the daemon speaks. redirect() is final: a saved copy of the old stdout would keep the terminal open,
// and `start | cat` waiting for its end. What the guard undoes is therefore nothing but its own resources.
//
//   expression               when, in which process     promise
//   P::keeps_terminal        compile time               whether 0, 1 and 2 stay the caller's; forbids detaching
//   P::reopens               compile time               whether a reload reopens anything: HUP is then heard
//   p.redirect()             daemon before on_start(),  descriptors 0, 1 and 2 are open, where the policy says;
//                            privileged                 throws startup_error
//   g.give_to(uid, gid)      daemon, before privileges  what this start made is theirs, so that reopen() can
//                            are dropped                open it; throws startup_error
//   g.reopen()               daemon, at each reload,    new files in the place of the old, at the same descriptors;
//                            before on_reload()         throws startup_error and keeps the old
//
// daemon(7), SysV daemons, step 9.
#pragma once

#include <sys/types.h>

#include <concepts>
#include <type_traits>

namespace daemonkit {

template <class G>
concept stdio_guard = std::movable<G> && requires(G g, uid_t user, gid_t group) {
    g.give_to(user, group);
    g.reopen();
};

template <class P>
concept says_keeps_terminal = requires { requires std::is_same_v<decltype(P::keeps_terminal), const bool>; };

template <class P>
concept says_reopens = requires { requires std::is_same_v<decltype(P::reopens), const bool>; };

template <class P>
concept has_redirect = requires(const P& p) {
    { p.redirect() } -> stdio_guard;
};

template <class P>
concept stdio_policy = std::copyable<P> && says_keeps_terminal<P> && says_reopens<P> && has_redirect<P>;

/// The guard of policies that open nothing a reload could reopen.
struct fixed_streams
{
    void give_to(uid_t, gid_t) noexcept {}
    void reopen() noexcept {}
};

} // namespace daemonkit
