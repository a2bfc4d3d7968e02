// SPDX-License-Identifier: BSL-1.0
// The verbs of an init script (LSB 3.1, section 20.2) as the command line of a program.
#pragma once

#include "core/require_cxx20.hpp"

#include "basic_daemon.hpp"
#include "command_line/detail/program.hpp"
#include "version.hpp"

#include <optional>
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

template <class Derived, class CallFunction>
int with_default(CallFunction call)
{
    static_assert(std::is_default_constructible_v<Derived>,
                  "daemonkit: the daemon's class has no default constructor: make the daemon yourself and pass it, "
                  "`command_line(my_daemon, argc, argv, settings)`");
    if constexpr (std::is_default_constructible_v<Derived>) {
        Derived daemon{};
        return call(daemon);
    }
}

} // namespace detail

/// Executes the verb in `argv` for `daemon`; `args` are passed to run(). Returns the exit status for main(): in the
/// launcher when the verb is done, and in the daemon when run() has returned. --help prints the verbs and options.
/// Messages go to standard output, errors to standard error.
template <class Derived, class... Args>
int command_line(Derived& daemon, int argc, char** argv, detail::settings_of<Derived> settings, Args&&... args)
{
    using program = detail::program<Derived>;
    detail::options options;
    if (const auto status =
            program::parse(options, argc, argv, Derived::daemon_type::name_of(settings), DAEMONKIT_VERSION))
        return *status;
    return program(daemon, settings, options)(std::forward<Args>(args)...);
}

/// The same with settings that `maker()` returns. It is called once, after the arguments were parsed, in the process that
/// executes the verb. If it throws, the text of the exception is the message; the exit status is that of a
/// startup_error, otherwise 6, not configured, and 4 for the verb status.
template <class Derived, class SettingsMaker, class... Args>
    requires std::is_invocable_r_v<detail::settings_of<Derived>, SettingsMaker&>
int command_line(Derived& daemon, int argc, char** argv, SettingsMaker maker, Args&&... args)
{
    using program = detail::program<Derived>;
    detail::options options;
    if (const auto status = program::parse(options, argc, argv, sys::program_name(), DAEMONKIT_VERSION)) return *status;
    std::optional<detail::settings_of<Derived>> settings;
    if (const auto status = program::make(settings, maker, options)) return *status;
    return program(daemon, *settings, options)(std::forward<Args>(args)...);
}

/// The same, for a daemon that this function default-constructs. `settings` are the settings, or a function that returns
/// them.
template <class Derived, class... Args>
int command_line(int argc, char** argv, detail::settings_of<Derived> settings, Args&&... args)
{
    return detail::with_default<Derived>([&](Derived& daemon) {
        return command_line(daemon, argc, argv, std::move(settings), std::forward<Args>(args)...);
    });
}

template <class Derived, class SettingsMaker, class... Args>
    requires std::is_invocable_r_v<detail::settings_of<Derived>, SettingsMaker&>
int command_line(int argc, char** argv, SettingsMaker maker, Args&&... args)
{
    return detail::with_default<Derived>([&](Derived& daemon) {
        return command_line(daemon, argc, argv, std::move(maker), std::forward<Args>(args)...);
    });
}

} // namespace daemonkit
