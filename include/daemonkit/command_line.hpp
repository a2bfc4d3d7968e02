// SPDX-License-Identifier: BSL-1.0
// The verbs of an init script (LSB 3.1, section 20.2) as the command line of a program.
#pragma once

#include "core/require_cxx20.hpp"

#include "basic_daemon.hpp"
#include "command_line/detail/program.hpp"
#include "version.hpp"

#include <type_traits>
#include <utility>

namespace daemonkit {

namespace detail {

template <class Derived>
struct public_daemon
{
    static_assert(
        requires { typename Derived::settings; }, "daemonkit: the class is no daemon, or derives from it "
                                                  "privately: derive publicly from basic_daemon or a preset");
    using settings = typename Derived::settings;
};

/// The settings of a class that derives publicly from basic_daemon.
template <class Derived>
using settings_of = typename public_daemon<Derived>::settings;

} // namespace detail

/// Executes the verb in `argv` for `daemon`; `args` are passed to run(). Returns the exit status for main(): in the
/// launcher when the verb is done, and in the daemon when run() has returned. --help prints the verbs and options.
/// Messages go to standard output, errors to standard error.
template <class Derived, class... Args>
int command_line(Derived& daemon, int argc, char** argv, detail::settings_of<Derived> settings, Args&&... args)
{
    return detail::program<Derived>(daemon, settings, DAEMONKIT_VERSION)(argc, argv, std::forward<Args>(args)...);
}

/// The same, for a daemon that this function default-constructs.
template <class Derived, class... Args>
int command_line(int argc, char** argv, detail::settings_of<Derived> settings, Args&&... args)
{
    static_assert(std::is_default_constructible_v<Derived>,
                  "daemonkit: the daemon's class has no default constructor: make the daemon yourself and pass it, "
                  "`command_line(my_daemon, argc, argv, settings)`");
    if constexpr (std::is_default_constructible_v<Derived>) {
        Derived daemon{};
        return command_line(daemon, argc, argv, std::move(settings), std::forward<Args>(args)...);
    }
}

} // namespace daemonkit
