// SPDX-License-Identifier: BSL-1.0
// Which verbs a daemon class has, and how its program describes itself.
#pragma once

#include "../../lifecycle/detail/check.hpp"
#include "../../signal/concept.hpp"
#include "options.hpp"

#include <span>
#include <string>
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
    return {std::move(name), version_of<Derived>(library_version), verbs_of<Derived>, more_verbs_of<Derived>(),
            has_instances<Derived>()};
}

} // namespace daemonkit::detail
