// SPDX-License-Identifier: BSL-1.0
// The hook check(): what is wrong with the configuration, before a verb changes anything.
#pragma once

#include "../../compiled.hpp"
#include "../../control/detail/failure.hpp"
#include "../../core/start_result.hpp"
#include "../../core/startup_error.hpp"
#include "../../sys/cancellation.hpp"
#include "../../text/joined.hpp"

#include <concepts>
#include <exception>
#include <type_traits>

namespace daemonkit::detail {

/// Whether the class has a hook check() that can be called with these arguments, or with none.
template <class Derived, class... Args>
concept has_check_for = requires(Derived& d, Args&... args) {
    { d.check(args...) } -> std::same_as<void>;
};
template <class Derived, class... Args>
concept has_check = has_check_for<Derived, Args...> || has_check_for<Derived>;

struct named_check
{
    int check;
};
template <class Derived>
struct check_twice : Derived, named_check
{};
template <class Derived>
constexpr bool names_check()
{
    if constexpr (std::is_final_v<Derived>)
        return false;
    else
        return !requires { &check_twice<Derived>::check; };
}

/// Does not compile if the class has a hook check() that could not be called.
template <class Derived, class... Args>
constexpr void require_check()
{
    static_assert(has_check<Derived, Args...> || !names_check<Derived>(),
                  "daemonkit: check() is private, or does not take the arguments that start() is given after the "
                  "settings: declare `public: static void check(...)` with exactly these, or with none");
}

/// Calls the hook, if there is one.
template <class Derived, class... Args>
void call_check([[maybe_unused]] Derived& daemon, [[maybe_unused]] Args&... args)
{
    if constexpr (has_check_for<Derived, Args...>)
        daemon.check(args...);
    else if constexpr (has_check_for<Derived>)
        daemon.check();
}

/// Calls the hook. Returns what it throws, with exit status 6, not configured, or that of a startup_error.
template <class Derived, class... Args>
[[nodiscard]] control_result checked(Derived& daemon, Args&... args)
{
    if constexpr (!has_check<Derived, Args...>) {
        require_check<Derived, Args...>();
        return {};
    } else {
        try {
            call_check(daemon, args...);
            return {};
        } catch (const startup_error& e) {
            return {e.status(), 0, e.what()};
        } catch (const std::exception& e) {
            return {exit_status::not_configured, 0, reason_of(e)};
        } catch (...) {
            sys::pass_on_unwinding();
            return {exit_status::not_configured, 0, "an exception that is no std::exception"};
        }
    }
}

/// The result of a restart that check() refused.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE start_result not_restarted(control_result wrong);

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE start_result not_restarted(control_result wrong)
{
    return {{start_outcome::failed, wrong.status, 0,
             sys::joined({"not restarted, the daemon was not stopped: ", wrong.message})},
            true};
}

#endif

} // namespace daemonkit::detail
