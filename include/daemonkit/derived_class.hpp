// SPDX-License-Identifier: BSL-1.0
// What the class that derives from basic_daemon says by its members. A hook that is private, or has another signature
// than the lifecycle calls, is an error in one sentence and never a hook that is silently skipped.
#pragma once

#include <concepts>
#include <string_view> // std::begin; <iterator> brings the buffers of streams as well
#include <type_traits>

namespace daemonkit {

template <class Derived, class ForkPolicy, class PidPolicy, class SignalPolicy, class StdioPolicy>
class basic_daemon;

namespace derived {

struct named_run
{
    int run;
};

template <class D>
struct run_twice : D, named_run
{};

/// Whether there is any member of that name, private or not: then the name is ambiguous beside another one.
template <class D>
constexpr bool names_run()
{
    if constexpr (std::is_final_v<D>)
        return true;
    else
        return !requires { &run_twice<D>::run; };
}

/// Whether the class names descriptors, by `kept_descriptors()`, that a detaching daemon keeps.
template <class D>
concept keeps_descriptors = requires(const D& d) {
    { *std::begin(d.kept_descriptors()) } -> std::convertible_to<int>;
};

struct named_kept_descriptors
{
    int kept_descriptors;
};
template <class D>
struct kept_twice : D, named_kept_descriptors
{};
template <class D>
constexpr bool names_kept_descriptors()
{
    if constexpr (std::is_final_v<D>)
        return false;
    else
        return !requires { &kept_twice<D>::kept_descriptors; };
}

template <class D>
constexpr void check_hooks()
{
    static_assert(
        keeps_descriptors<D> || !names_kept_descriptors<D>(),
        "daemonkit: kept_descriptors is private: derive from it publicly, `public daemonkit::socket_activation`");

    static_assert(
        requires(D& d) {
            { d.on_start() } -> std::same_as<void>;
        }, "daemonkit: on_start is private or has another signature: declare `public: void on_start()`");
    static_assert(
        requires(D& d) {
            { d.on_reload() } -> std::same_as<void>;
        }, "daemonkit: on_reload is private or has another signature: declare `public: void on_reload()`");
    static_assert(
        requires(D& d) {
            { d.on_stop() } -> std::same_as<void>;
        }, "daemonkit: on_stop is private or has another signature: declare `public: void on_stop()`");
    static_assert(
        requires(D& d) {
            { d.on_child(1, 1) } -> std::same_as<void>;
        }, "daemonkit: on_child is private or has another signature: declare `public: void on_child(pid_t child, int "
           "wait_status)`");
    static_assert(
        requires(D& d) {
            { d.on_signal(1) } -> std::same_as<void>;
        }, "daemonkit: on_signal is missing, private or has another signature: a daemon that chooses signals "
           "declares `public: void on_signal(int signal)`");
}

template <class C>
inline constexpr bool is_empty_hook = false;
template <class D, class F, class P, class S, class O>
inline constexpr bool is_empty_hook<void (basic_daemon<D, F, P, S, O>::*)()> = true;

/// Whether on_reload is the class's own, not the empty one of basic_daemon.
template <class D>
constexpr bool hears_reload()
{
    if constexpr (requires { &D::on_reload; })
        return !is_empty_hook<decltype(&D::on_reload)>;
    else
        return true;
}

/// Whether the class tells by `static constexpr bool announces_ready = true` that run() will call ready().
template <class D>
constexpr bool announces_ready()
{
    if constexpr (requires { D::announces_ready; })
        return D::announces_ready;
    else
        return false;
}

/// The three ways in which run() can be wrong, each with its own sentence.
template <class D, class... Args>
constexpr void check_run()
{
    if constexpr (!requires(D& d, Args&&... args) {
                      { d.run(static_cast<Args&&>(args)...) } -> std::same_as<int>;
                  }) {
        static_assert(names_run<D>(), "daemonkit: the daemon has no run(): declare `public: int run()`, with the "
                                      "arguments that start() is given after the settings");
        static_assert(
            !requires(D& d, Args&&... args) { d.run(static_cast<Args&&>(args)...); },
            "daemonkit: run() must return int, the exit status of the daemon");
        static_assert(
            requires(D& d, Args&&... args) { d.run(static_cast<Args&&>(args)...); },
            "daemonkit: run() is private, or does not take the arguments that start() is given after the "
            "settings: declare `public: int run(...)` with exactly these");
    }
}

} // namespace derived

} // namespace daemonkit
