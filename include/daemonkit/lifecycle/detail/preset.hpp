// SPDX-License-Identifier: BSL-1.0
// Combines the default policies of a preset with those that its user names, each in the place of its family.
#pragma once

#include "hooks.hpp"
#include "policies.hpp"

namespace daemonkit::detail {

template <class Fork, class Pid, class Signal, class Stdio, class Notify>
struct defaults
{};

template <class Part>
constexpr int families_of = int{has_detaches<Part>} + int{has_records_pid<Part>} + int{has_claims_signals<Part>} +
                            int{has_keeps_terminal<Part>} + int{has_notifies<Part>};

/// The member `type` is the policy of this family among the parts, or `Default`.
template <class Default, template <class> class Family, class... Parts>
struct part_of
{
    using type = Default;
};
template <class Default, template <class> class Family, class Part, class... Parts>
struct part_of<Default, Family, Part, Parts...>
    : std::conditional_t<Family<Part>::value, std::type_identity<Part>, part_of<Default, Family, Parts...>>
{};

template <class Part>
using is_fork = std::bool_constant<has_detaches<Part>>;
template <class Part>
using is_pid = std::bool_constant<has_records_pid<Part>>;
template <class Part>
using is_signal = std::bool_constant<has_claims_signals<Part>>;
template <class Part>
using is_stdio = std::bool_constant<has_keeps_terminal<Part>>;
template <class Part>
using is_notify = std::bool_constant<has_notifies<Part>>;

template <class Defaults, class... Parts>
struct combined;

template <class Fork, class Pid, class Signal, class Stdio, class Notify, class... Parts>
struct combined<defaults<Fork, Pid, Signal, Stdio, Notify>, Parts...>
{
    static_assert((complete<Parts> && ...),
                  "daemonkit: a part of the preset is declared but not defined here: include its header, or all of "
                  "<daemonkit/daemonkit.hpp>");
    static_assert(((families_of<Parts> == 1) && ...),
                  "daemonkit: a part of the preset is no policy of any family: each states one of `detaches`, "
                  "`records_pid`, `claims_signals`, `keeps_terminal` and `notifies`");
    static_assert((int{has_detaches<Parts>} + ... + 0) <= 1 && (int{has_records_pid<Parts>} + ... + 0) <= 1 &&
                      (int{has_claims_signals<Parts>} + ... + 0) <= 1 &&
                      (int{has_keeps_terminal<Parts>} + ... + 0) <= 1 && (int{has_notifies<Parts>} + ... + 0) <= 1,
                  "daemonkit: two parts of the preset are of the same family: name one");

    template <class Derived>
    using daemon =
        basic_daemon<Derived, typename part_of<Fork, is_fork, Parts...>::type,
                     typename part_of<Pid, is_pid, Parts...>::type, typename part_of<Signal, is_signal, Parts...>::type,
                     typename part_of<Stdio, is_stdio, Parts...>::type,
                     typename part_of<Notify, is_notify, Parts...>::type>;
};

template <class Derived, class Defaults, class... Parts>
using preset = typename combined<Defaults, Parts...>::template daemon<Derived>;

} // namespace daemonkit::detail
