// SPDX-License-Identifier: BSL-1.0
// Which verbs a daemon class has, and how its program describes itself.
#pragma once

#include "../../control/control_result.hpp"
#include "../../control/status_report.hpp"
#include "../../core/start_result.hpp"
#include "../../lifecycle/detail/check.hpp"
#include "../../signal/concept.hpp"
#include "options.hpp"

#include <concepts>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace daemonkit::detail {

/// The verbs that the class adds: `using more_verbs = ...`.
template <class Derived>
constexpr std::span<const verb_help> more_verbs_of()
{
    if constexpr (requires { Derived::more_verbs::verbs; })
        return Derived::more_verbs::verbs;
    else
        return {};
}

/// Whether there are several daemons of one program on a host: `static constexpr bool has_instances = true`.
template <class Derived>
constexpr bool has_instances()
{
    if constexpr (requires { Derived::has_instances; })
        return Derived::has_instances;
    else
        return false;
}

template <class Derived>
inline constexpr bool can_be_found = Derived::daemon_type::can_be_found;

/// Whether there is a verb signal: the SignalPolicy chooses signals for on_signal().
template <class Derived>
inline constexpr bool takes_signals =
    can_be_found<Derived> && chooses_signals<decltype(std::declval<typename Derived::settings&>().signals)>;

/// Whether there is a verb list.
template <class Derived>
inline constexpr bool lists_instances = has_instances<Derived>() && requires(const typename Derived::settings& s) {
    policy_with_path(s.pid).path.string();
};

template <class Derived>
inline constexpr verb_help verbs_of[] = {
    {"start", "", "start the daemon, and return when it is ready", true},
    {"stop", "", "stop the daemon, and return when it has exited", can_be_found<Derived>},
    {"restart", "", "stop the daemon if it runs, and start it", can_be_found<Derived>},
    {"try-restart", "", "restart the daemon if it runs", can_be_found<Derived>},
    {"reload", "", "make the daemon reload its configuration, and return when it has",
     can_be_found<Derived>&& Derived::daemon_type::hears_reload()},
    {"force-reload", "", "reload the daemon, or restart it if it cannot reload", can_be_found<Derived>},
    {"signal", "NAME", "send the daemon a signal that it has chosen, such as USR1", takes_signals<Derived>},
    {"status", "", "print whether the daemon runs; exit status 0 running, 1 dead, 3 stopped, 4 unknown",
     can_be_found<Derived>},
    {"list", "", "print the state of every instance", lists_instances<Derived>},
    {"run", "", "run the daemon in the foreground", true},
    {"check", "", "check the configuration, and change nothing", names_check<Derived>()},
};

/// Whether the class adds a verb that the library has already.
template <class Derived>
constexpr bool repeats_a_verb()
{
    for (const auto& more : more_verbs_of<Derived>())
        for (const auto& own : verbs_of<Derived>)
            if (std::string_view(more.name) == own.name) return true;
    return false;
}

struct named_exit_status_of
{
    int exit_status_of;
};
template <class Derived>
struct exit_status_of_twice : Derived, named_exit_status_of
{};

/// Whether the class has a member exit_status_of, private or not.
template <class Derived>
constexpr bool names_exit_status_of()
{
    if constexpr (std::is_final_v<Derived>)
        return false;
    else
        return !requires { &exit_status_of_twice<Derived>::exit_status_of; };
}

/// Whether exit_status_of() can be called for one kind of result.
template <class Derived, class ResultType>
concept maps_status = requires(const ResultType& result) {
    { Derived::exit_status_of(result) } -> std::same_as<int>;
};

/// Does not compile if the class adds a verb of the library, or an exit_status_of() that would never be called.
template <class Derived>
constexpr void check_verbs()
{
    static_assert(!repeats_a_verb<Derived>(), "daemonkit: more_verbs has a verb that command_line() has already: give "
                                              "it another name");
    static_assert(!names_exit_status_of<Derived>() || maps_status<Derived, start_result> ||
                      maps_status<Derived, control_result> || maps_status<Derived, status_report>,
                  "daemonkit: exit_status_of() would never be called: declare `public: static int "
                  "exit_status_of(const daemonkit::start_result&)`, or the same for control_result or status_report");
}

/// The verbs with --json.
template <class Derived>
constexpr const char* verbs_with_json()
{
    bool doctor = false;
    for (const auto& one : more_verbs_of<Derived>()) doctor = doctor || std::string_view(one.name) == "doctor";
    if (has_instances<Derived>()) return doctor ? "status, list, doctor" : "status, list";
    return doctor ? "status, doctor" : "status";
}

/// The version of the program, if its class has a member `version`, and of the library.
template <class Derived>
[[nodiscard, gnu::cold]] std::string version_of(const char* library_version)
{
    if constexpr (requires { std::string(Derived::version); })
        return std::string(Derived::version) + " (daemonkit " + library_version + ")";
    else
        return std::string("(daemonkit ") + library_version + ")";
}

template <class Derived>
[[nodiscard, gnu::cold]] described_program describe(std::string name, const char* library_version)
{
    return {std::move(name),          version_of<Derived>,      library_version,           verbs_of<Derived>,
            more_verbs_of<Derived>(), has_instances<Derived>(), verbs_with_json<Derived>()};
}

} // namespace daemonkit::detail
