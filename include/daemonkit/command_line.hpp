// SPDX-License-Identifier: BSL-1.0
// The verbs of an init script (LSB 3.1, section 20.2) as the command line of a program.
#pragma once

#include "core/require_cxx20.hpp"

#include "basic_daemon.hpp"
#include "command_line/detail/more_options.hpp"
#include "command_line/detail/program.hpp"
#include "instance.hpp"
#include "version.hpp"

#include <exception>
#include <span>
#include <string>
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
concept makes_settings_of = std::is_invocable_r_v<settings_of<Derived>, SettingsMaker&> ||
                            std::is_invocable_r_v<settings_of<Derived>, SettingsMaker&, const verb_options&>;

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

/// Makes the settings: by the function of the program, and for the instance.
template <class Derived, class SettingsType>
[[gnu::cold]] settings_of<Derived> make_settings(SettingsType& settings, const options& parsed)
{
    auto made = [&]() -> settings_of<Derived> {
        if constexpr (std::is_invocable_v<SettingsType&, const verb_options&>)
            return settings(static_cast<const verb_options&>(parsed));
        else if constexpr (makes_settings_of<SettingsType, Derived>)
            return settings();
        else
            return settings;
    }();
    if constexpr (has_instances<Derived>()) {
        if (!parsed.instance.empty()) made.process.instance = parsed.instance;
        if (parsed.asked == "print" && parsed.instance.empty()) made.process.instance = "%i"; // a file for all of them
        const bool all = parsed.asked == "list" || made.process.instance == "%i";
        if (!all) return for_instance(std::move(made));
    }
    return made;
}

/// `name`: in messages, until there are settings.
template <class Derived, class SettingsType, class... Args>
[[gnu::cold]] int execute(Derived& daemon, const options& parsed, const program_options& more, std::string& name,
                          SettingsType& settings, Args&&... args)
{
    if constexpr (!makes_settings_of<SettingsType, Derived> && !has_instances<Derived>()) {
        return program<Derived>(daemon, settings, name, parsed, more)(std::forward<Args>(args)...);
    } else {
        bool made = false;
        try {
            // no std::optional: Clang would instantiate settings without a path
            auto here = make_settings<Derived>(settings, parsed);
            made = true;
            name = shown_name<Derived>(Derived::daemon_type::name_of(here));
            return program<Derived>(daemon, here, name, parsed, more)(std::forward<Args>(args)...);
        } catch (const startup_error& e) {
            if (made) throw;
            return program<Derived>::has_no_settings(parsed, e.what(), e.status());
        } catch (const std::exception& e) {
            if (made) throw;
            return program<Derived>::has_no_settings(parsed, sys::joined({"cannot make the settings: ", reason_of(e)}));
        } catch (...) {
            sys::pass_on_unwinding();
            if (made) throw;
            return program<Derived>::has_no_settings(parsed, "cannot make the settings: an exception that is no "
                                                             "std::exception");
        }
    }
}

/// The name in messages before there are settings.
template <class Derived, class SettingsType>
[[nodiscard, gnu::cold]] std::string early_name([[maybe_unused]] const SettingsType& settings)
{
    if constexpr (makes_settings_of<SettingsType, Derived> || has_instances<Derived>())
        return sys::joined({sys::program_name()});
    else
        return Derived::daemon_type::name_of(settings);
}

/// `listed` are the options of the program, or a null pointer.
template <class Derived, class OptionsType, class SettingsType, class... Args>
[[gnu::cold]] int parse_and_execute(Derived& daemon, int argc, char** argv, OptionsType listed, SettingsType& settings,
                                    Args&&... args)
{
    options parsed;
    auto described = describe<Derived>(early_name<Derived>(settings), DAEMONKIT_VERSION);
    if constexpr (std::is_null_pointer_v<OptionsType>) {
        if (const auto status = parsed.parse(argc, argv, described, nullptr)) return *status;
        return execute(daemon, parsed, {}, described.name, settings, std::forward<Args>(args)...);
    } else {
        if (const auto status = listed->refuse(described.name, argc, argv)) return *status;
        const auto more = listed->get();
        if (const auto status = parsed.parse(argc, argv, described, &more)) return *status;
        return execute(daemon, parsed, listed->options(), described.name, settings, std::forward<Args>(args)...);
    }
}

} // namespace detail

/// Executes the verb in `argv` for `daemon`; `args` are passed to run(). Returns the exit status for main(): in the
/// launcher when the verb is done, and in the daemon when run() has returned. --help prints the verbs and options.
/// Messages go to standard output, errors to standard error.
template <class Derived, class... Args>
int command_line(Derived& daemon, int argc, char** argv, detail::settings_of<Derived> settings, Args&&... args)
{
    return detail::parse_and_execute(daemon, argc, argv, nullptr, settings, std::forward<Args>(args)...);
}

/// The same with settings that `maker()` or `maker(const verb_options&)` returns. It is called once, after the arguments
/// were parsed, in the process that executes the verb. If it throws, the text of the exception is the message, and the
/// member `error` of the JSON of status and list. The exit status is that of a startup_error, otherwise 6, not
/// configured, and 4 for the verb status.
template <class Derived, class SettingsMaker, class... Args>
    requires detail::makes_settings_of<SettingsMaker, Derived>
int command_line(Derived& daemon, int argc, char** argv, SettingsMaker maker, Args&&... args)
{
    return detail::parse_and_execute(daemon, argc, argv, nullptr, maker, std::forward<Args>(args)...);
}

/// The same, and the program has options of its own. They are stored before `maker` is called. --help lists them. Words
/// behind "--" go to the option without a name.
template <class Derived, class SettingsMaker, class... Args>
    requires detail::makes_settings_of<SettingsMaker, Derived>
int command_line(Derived& daemon, int argc, char** argv, std::span<const program_option> options, SettingsMaker maker,
                 Args&&... args)
{
    const detail::listed_options listed(options);
    return detail::parse_and_execute(daemon, argc, argv, &listed, maker, std::forward<Args>(args)...);
}

/// The same, for a daemon that this function default-constructs.
template <class Derived, class... Args>
int command_line(int argc, char** argv, detail::settings_of<Derived> settings, Args&&... args)
{
    return detail::with_default<Derived>([&](Derived& daemon) {
        return detail::parse_and_execute(daemon, argc, argv, nullptr, settings, std::forward<Args>(args)...);
    });
}

/// The same, for a daemon that this function default-constructs, with settings that `maker` returns.
template <class Derived, class SettingsMaker, class... Args>
    requires detail::makes_settings_of<SettingsMaker, Derived>
int command_line(int argc, char** argv, SettingsMaker maker, Args&&... args)
{
    return detail::with_default<Derived>([&](Derived& daemon) {
        return detail::parse_and_execute(daemon, argc, argv, nullptr, maker, std::forward<Args>(args)...);
    });
}

/// The same, for a daemon that this function default-constructs, and the program has options of its own.
template <class Derived, class SettingsMaker, class... Args>
    requires detail::makes_settings_of<SettingsMaker, Derived>
int command_line(int argc, char** argv, std::span<const program_option> options, SettingsMaker maker, Args&&... args)
{
    return detail::with_default<Derived>([&](Derived& daemon) {
        return command_line(daemon, argc, argv, options, std::move(maker), std::forward<Args>(args)...);
    });
}

/// For a program with a parser of its own: takes the verb out of the arguments of main(), if the first is a word, and the
/// word behind `signal` and `print`. The rest is left for the parser. Without a verb nothing is taken.
[[nodiscard]] inline verb take_verb(int& argc, char** argv) { return detail::take_verb(argc, argv); }

/// The same for a class with more_verbs, which can have a word behind them, too.
template <class Derived>
[[nodiscard]] verb take_verb(int& argc, char** argv)
{
    return detail::take_verb(argc, argv, detail::more_verbs_of<Derived>());
}

/// The verbs of a daemon class, for the text of --help in a program with a parser of its own.
template <class Derived>
[[nodiscard]] std::string verb_list()
{
    std::string text;
    for (const auto& list : {std::span<const verb_help>(detail::verbs_of<Derived>), detail::more_verbs_of<Derived>()})
        for (const auto& one : list) text += detail::usage_of(one);
    return text;
}

/// All of command_line() behind the parsing: executes `asked` with these options; `settings` are the settings, or a
/// function that returns them.
template <class Derived, class SettingsType, class... Args>
    requires(detail::makes_settings_of<SettingsType, Derived> ||
             std::is_same_v<SettingsType, detail::settings_of<Derived>>)
int carry_out(Derived& daemon, const verb& asked, SettingsType settings, const verb_options& options, Args&&... args)
{
    const detail::options given{options, asked};
    auto described = detail::describe<Derived>(detail::early_name<Derived>(settings), DAEMONKIT_VERSION);
    if (const auto complaint = given.check(described); !complaint.empty())
        return detail::options::refuse(described.name, complaint, asked);
    return detail::execute(daemon, given, {}, described.name, settings, std::forward<Args>(args)...);
}

/// The same, for settings in braces.
template <class Derived, class... Args>
int carry_out(Derived& daemon, const verb& asked, detail::settings_of<Derived> settings, const verb_options& options,
              Args&&... args)
{
    return carry_out<Derived, detail::settings_of<Derived>>(daemon, asked, std::move(settings), options,
                                                            std::forward<Args>(args)...);
}

} // namespace daemonkit
