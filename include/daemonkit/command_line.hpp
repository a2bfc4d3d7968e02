// SPDX-License-Identifier: BSL-1.0
// The verbs of an init script (LSB 3.1, section 20.2) as the command line of a program.
#pragma once

#include "core/require_cxx20.hpp"

#include "basic_daemon.hpp"
#include "command_line/detail/program.hpp"
#include "version.hpp"

#include <exception>
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

template <class SettingsMaker, class Derived>
concept makes_settings_of = std::is_invocable_r_v<settings_of<Derived>, SettingsMaker&>;

/// Calls `call(daemon)` with a daemon that it default-constructs.
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

template <class Derived, class... Args>
int execute(Derived& daemon, int argc, char** argv, settings_of<Derived>& settings, Args&&... args)
{
    options parsed;
    const auto name = Derived::daemon_type::name_of(settings);
    if (const auto status = program<Derived>::parse(parsed, argc, argv, name, DAEMONKIT_VERSION)) return *status;
    return program<Derived>(daemon, settings, parsed)(std::forward<Args>(args)...);
}

template <class Derived, class SettingsMaker, class... Args>
int make_and_execute(Derived& daemon, int argc, char** argv, SettingsMaker& maker, Args&&... args)
{
    options parsed;
    if (const auto status = program<Derived>::parse(parsed, argc, argv, sys::program_name(), DAEMONKIT_VERSION))
        return *status;
    bool made = false;
    try {
        settings_of<Derived> settings = maker(); // no std::optional: Clang would instantiate settings without a path
        made = true;
        return program<Derived>(daemon, settings, parsed)(std::forward<Args>(args)...);
    } catch (const startup_error& e) {
        if (made) throw;
        return program<Derived>::has_no_settings(parsed, e.what(), e.status());
    } catch (const std::exception& e) {
        if (made) throw;
        return program<Derived>::has_no_settings(parsed, sys::joined({"cannot make the settings: ", e.what()}));
    } catch (...) {
        sys::pass_on_unwinding();
        if (made) throw;
        return program<Derived>::has_no_settings(parsed, "cannot make the settings: an exception that is no "
                                                         "std::exception");
    }
}

} // namespace detail

/// Executes the verb in `argv` for `daemon`; `args` are passed to run(). Returns the exit status for main(): in the
/// launcher when the verb is done, and in the daemon when run() has returned. --help prints the verbs and options.
/// Messages go to standard output, errors to standard error.
template <class Derived, class... Args>
int command_line(Derived& daemon, int argc, char** argv, detail::settings_of<Derived> settings, Args&&... args)
{
    return detail::execute(daemon, argc, argv, settings, std::forward<Args>(args)...);
}

/// The same with settings that `maker()` returns. It is called once, after the arguments were parsed, in the process that
/// executes the verb. If it throws, the text of the exception is the message; the exit status is that of a
/// startup_error, otherwise 6, not configured, and 4 for the verb status.
template <class Derived, class SettingsMaker, class... Args>
    requires detail::makes_settings_of<SettingsMaker, Derived>
int command_line(Derived& daemon, int argc, char** argv, SettingsMaker maker, Args&&... args)
{
    return detail::make_and_execute(daemon, argc, argv, maker, std::forward<Args>(args)...);
}

/// The same, for a daemon that this function default-constructs.
template <class Derived, class... Args>
int command_line(int argc, char** argv, detail::settings_of<Derived> settings, Args&&... args)
{
    return detail::with_default<Derived>(
        [&](Derived& daemon) { return detail::execute(daemon, argc, argv, settings, std::forward<Args>(args)...); });
}

/// The same, for a daemon that this function default-constructs, with settings that `maker()` returns.
template <class Derived, class SettingsMaker, class... Args>
    requires detail::makes_settings_of<SettingsMaker, Derived>
int command_line(int argc, char** argv, SettingsMaker maker, Args&&... args)
{
    return detail::with_default<Derived>([&](Derived& daemon) {
        return detail::make_and_execute(daemon, argc, argv, maker, std::forward<Args>(args)...);
    });
}

} // namespace daemonkit
