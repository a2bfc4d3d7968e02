// SPDX-License-Identifier: BSL-1.0
// Checks on the members of the class that derives from basic_daemon. A hook does not compile if it is private, if it
// has another signature than the lifecycle calls, or if these policies never call it. One assertion then names the
// mistake.
#pragma once

#include "../../signal/concept.hpp"

#include <array>
#include <concepts>
#include <string_view> // std::begin; <iterator> brings the buffers of streams as well
#include <type_traits>

namespace daemonkit {

template <class Derived, class ForkPolicy, class PidPolicy, class SignalPolicy, class StdioPolicy, class NotifyPolicy>
class basic_daemon;

namespace detail {

struct named_run
{
    int run;
};
template <class Derived>
struct run_twice : Derived, named_run
{};

/// Whether the class has a member named run, private or not. A second member of that name in run_twice then makes the
/// name ambiguous.
template <class Derived>
constexpr bool names_run()
{
    if constexpr (std::is_final_v<Derived>)
        return true;
    else
        return !requires { &run_twice<Derived>::run; };
}

/// Whether the class lists descriptors, by `kept_descriptors()`, that stay open in a daemon that detaches.
template <class Derived>
concept keeps_descriptors = requires(const Derived& d) {
    { *std::begin(d.kept_descriptors()) } -> std::convertible_to<int>;
};
template <class Derived>
[[nodiscard]] decltype(auto) kept_descriptors(const Derived& daemon)
{
    if constexpr (keeps_descriptors<Derived>)
        return daemon.kept_descriptors();
    else
        return std::array<int, 0>{};
}

struct named_kept_descriptors
{
    int kept_descriptors;
};
template <class Derived>
struct kept_twice : Derived, named_kept_descriptors
{};
template <class Derived>
constexpr bool names_kept_descriptors()
{
    if constexpr (std::is_final_v<Derived>)
        return false;
    else
        return !requires { &kept_twice<Derived>::kept_descriptors; };
}

template <class MemberFunction>
inline constexpr bool is_default_hook = false;
template <class Derived, class ForkPolicy, class PidPolicy, class SignalPolicy, class StdioPolicy, class NotifyPolicy,
          class... Args>
inline constexpr bool is_default_hook<void (
    basic_daemon<Derived, ForkPolicy, PidPolicy, SignalPolicy, StdioPolicy, NotifyPolicy>::*)(Args...)> = true;

/// Whether the class declares the hook itself, instead of inheriting the empty one of basic_daemon.
template <class Derived>
constexpr bool declares_on_reload()
{
    if constexpr (requires { &Derived::on_reload; })
        return !is_default_hook<decltype(&Derived::on_reload)>;
    else
        return true;
}
template <class Derived>
constexpr bool declares_on_child()
{
    if constexpr (requires { &Derived::on_child; })
        return !is_default_hook<decltype(&Derived::on_child)>;
    else
        return true;
}
template <class Derived>
constexpr bool declares_on_signal()
{
    if constexpr (requires { &Derived::on_signal; })
        return !is_default_hook<decltype(&Derived::on_signal)>;
    else
        return true;
}

// Accept a member function, static or not, that returns nothing.
template <class ClassType, class... Args>
void returns_nothing(void (ClassType::*)(Args...));
template <class ClassType, class... Args>
void returns_nothing(void (ClassType::*)(Args...) const);
template <class... Args>
void returns_nothing(void (*)(Args...));

/// Whether on_reload() takes the arguments of start().
template <class Derived>
inline constexpr bool reload_takes_arguments = !requires(Derived& d) { d.on_reload(); };

template <class Derived, class DaemonClass, class SignalPolicy>
constexpr void check_hooks()
{
    static_assert(
        std::is_base_of_v<DaemonClass, Derived>,
        "daemonkit: the first argument of basic_daemon, and of a preset, is your own class: `struct my_daemon "
        ": daemonkit::sysv_daemon<my_daemon>`");
    static_assert(
        keeps_descriptors<Derived> || !names_kept_descriptors<Derived>(),
        "daemonkit: kept_descriptors is private: derive from it publicly, `public daemonkit::socket_activation`");
    static_assert(
        requires(Derived& d) {
            { d.on_start() } -> std::same_as<void>;
        } || requires { returns_nothing(&Derived::on_start); },
        "daemonkit: on_start is private or has another signature: declare `public: void on_start()`, or with the "
        "arguments that start() is given after the settings");
    static_assert(
        requires(Derived& d) {
            { d.on_dropped() } -> std::same_as<void>;
        } || requires { returns_nothing(&Derived::on_dropped); },
        "daemonkit: on_dropped is private or has another signature: declare `public: void on_dropped()`, or with the "
        "arguments that start() is given after the settings");
    static_assert(
        requires(Derived& d) {
            { d.on_reload() } -> std::same_as<void>;
        } || requires { returns_nothing(&Derived::on_reload); },
        "daemonkit: on_reload is private or has another signature: declare `public: void on_reload()`, or with the "
        "arguments that start() is given after the settings");
    static_assert(
        requires(Derived& d) {
            { d.on_stop() } -> std::same_as<void>;
        } || requires { returns_nothing(&Derived::on_stop); },
        "daemonkit: on_stop is private or has another signature: declare `public: void on_stop()`, or with the "
        "arguments that start() is given after the settings");
    static_assert(
        requires(Derived& d) {
            { d.on_child(1, 1) } -> std::same_as<void>;
        }, "daemonkit: on_child is private or has another signature: declare `public: void on_child(pid_t child, int "
           "wait_status)`");
    static_assert(
        requires(Derived& d) {
            { d.on_signal(1) } -> std::same_as<void>;
        }, "daemonkit: on_signal is missing, private or has another signature: a daemon that chooses signals "
           "declares `public: void on_signal(int signal)`");
    static_assert(claims_signals<SignalPolicy> || !declares_on_reload<Derived>(),
                  "daemonkit: on_reload would never be called: inherit_signals does not receive SIGHUP; use another "
                  "SignalPolicy, or remove the hook");
    static_assert(collects_children<SignalPolicy> || !declares_on_child<Derived>(),
                  "daemonkit: on_child would never be called: this SignalPolicy collects no children; use "
                  "reaping_signals, or remove the hook");
    static_assert(chooses_signals<SignalPolicy> || !declares_on_signal<Derived>(),
                  "daemonkit: on_signal would never be called: this SignalPolicy chooses no signal; name some, as in "
                  "basic_signalfd_signals<SIGUSR1>, or remove the hook");
}

/// Whether the class declares `static constexpr bool announces_ready = true`: run() then calls ready().
template <class Derived>
constexpr bool announces_ready()
{
    if constexpr (requires { Derived::announces_ready; })
        return Derived::announces_ready;
    else
        return false;
}

/// Calls a hook with the arguments of start(), if it takes them, or with none.
template <class HookCall, class Derived, class... Args>
void call_hook(HookCall hook, Derived& daemon, Args&... args)
{
    if constexpr (std::is_invocable_v<HookCall, Derived&, Args&...>)
        hook(daemon, args...);
    else if constexpr (std::is_invocable_v<HookCall, Derived&>)
        hook(daemon);
    else
        static_assert(std::is_void_v<HookCall>,
                      "daemonkit: this hook does not take the arguments that start() is given "
                      "after the settings: declare it with exactly these, or with none");
}

inline constexpr auto on_start = [](auto& d, auto&... args) -> decltype(d.on_start(args...)) { d.on_start(args...); };
inline constexpr auto on_dropped = [](auto& d, auto&... args) -> decltype(d.on_dropped(args...)) {
    d.on_dropped(args...);
};
inline constexpr auto on_reload = [](auto& d, auto&... args) -> decltype(d.on_reload(args...)) {
    d.on_reload(args...);
};
inline constexpr auto on_stop = [](auto& d, auto&... args) -> decltype(d.on_stop(args...)) { d.on_stop(args...); };

/// The three possible mistakes in run(), with one assertion each.
template <class Derived, class... Args>
constexpr void check_run()
{
    if constexpr (!requires(Derived& d, Args&&... args) {
                      { d.run(static_cast<Args&&>(args)...) } -> std::same_as<int>;
                  }) {
        static_assert(names_run<Derived>(), "daemonkit: the daemon has no run(): declare `public: int run()`, with the "
                                            "arguments that start() is given after the settings");
        static_assert(
            !requires(Derived& d, Args&&... args) { d.run(static_cast<Args&&>(args)...); },
            "daemonkit: run() must return int, the exit status of the daemon");
        static_assert(
            requires(Derived& d, Args&&... args) { d.run(static_cast<Args&&>(args)...); },
            "daemonkit: run() is private, or does not take the arguments that start() is given after the "
            "settings: declare `public: int run(...)` with exactly these");
    }
}

} // namespace detail

} // namespace daemonkit
