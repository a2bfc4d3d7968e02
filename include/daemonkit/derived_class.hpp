// SPDX-License-Identifier: BSL-1.0
// What the class that derives from basic_daemon says by its members. A hook that is private, or has another signature
// than the lifecycle calls, is an error in one sentence and never a hook that is silently skipped.
#pragma once

#include <concepts>
#include <type_traits>

namespace daemonkit::derived {

struct named_run
{
    int run;
};

template <class D>
struct run_twice : D, named_run
{
};

/// Whether there is any member of that name, private or not: then the name is ambiguous beside another one.
template <class D>
constexpr bool names_run()
{
    if constexpr (std::is_final_v<D>)
        return true;
    else
        return !requires { &run_twice<D>::run; };
}

/// Whether on_reload is the class's own, not the empty one of `Base`.
template <class D, class Base>
constexpr bool hears_reload()
{
    if constexpr (requires { &D::on_reload; })
        return !std::is_same_v<decltype(&D::on_reload), void (Base::*)()>;
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
        static_assert(!requires(D& d, Args&&... args) { d.run(static_cast<Args&&>(args)...); },
                      "daemonkit: run() must return int, the exit status of the daemon");
        static_assert(requires(D& d, Args&&... args) { d.run(static_cast<Args&&>(args)...); },
                      "daemonkit: run() is private, or does not take the arguments that start() is given after the "
                      "settings: declare `public: int run(...)` with exactly these");
    }
}

} // namespace daemonkit::derived
