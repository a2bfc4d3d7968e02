// SPDX-License-Identifier: BSL-1.0
// Combines the default policies of a preset with the parts that its user names: a part replaces the default of its
// family.
#pragma once

#include "hooks.hpp"
#include "policies.hpp"

namespace daemonkit::detail {

template <class ForkPolicy, class PidPolicy, class SignalPolicy, class StdioPolicy, class NotifyPolicy>
struct defaults
{};

template <class NamedPart>
constexpr int families_of =
    int{has_detaches<NamedPart>} + int{has_records_pid<NamedPart>} + int{has_claims_signals<NamedPart>} +
    int{has_keeps_terminal<NamedPart>} + int{has_notifies<NamedPart>};

/// `type` is the policy of this family among the parts, or `Default` if there is none.
template <class DefaultPolicy, template <class> class IsOfFamily, class... NamedParts>
struct part_of
{
    using type = DefaultPolicy;
};
template <class DefaultPolicy, template <class> class IsOfFamily, class NamedPart, class... NamedParts>
struct part_of<DefaultPolicy, IsOfFamily, NamedPart, NamedParts...>
    : std::conditional_t<IsOfFamily<NamedPart>::value, std::type_identity<NamedPart>,
                         part_of<DefaultPolicy, IsOfFamily, NamedParts...>>
{};

template <class NamedPart>
using is_fork = std::bool_constant<has_detaches<NamedPart>>;
template <class NamedPart>
using is_pid = std::bool_constant<has_records_pid<NamedPart>>;
template <class NamedPart>
using is_signal = std::bool_constant<has_claims_signals<NamedPart>>;
template <class NamedPart>
using is_stdio = std::bool_constant<has_keeps_terminal<NamedPart>>;
template <class NamedPart>
using is_notify = std::bool_constant<has_notifies<NamedPart>>;

template <class DefaultPolicies, class... NamedParts>
struct combined;

template <class ForkPolicy, class PidPolicy, class SignalPolicy, class StdioPolicy, class NotifyPolicy,
          class... NamedParts>
struct combined<defaults<ForkPolicy, PidPolicy, SignalPolicy, StdioPolicy, NotifyPolicy>, NamedParts...>
{
    static_assert((complete<NamedParts> && ...),
                  "daemonkit: a part of the preset is declared but not defined here: include its header, or all of "
                  "<daemonkit/daemonkit.hpp>");
    static_assert(((families_of<NamedParts> == 1) && ...),
                  "daemonkit: a part of the preset is no policy of any family: each states one of `detaches`, "
                  "`records_pid`, `claims_signals`, `keeps_terminal` and `notifies`");
    static_assert((int{has_detaches<NamedParts>} + ... + 0) <= 1 && (int{has_records_pid<NamedParts>} + ... + 0) <= 1 &&
                      (int{has_claims_signals<NamedParts>} + ... + 0) <= 1 &&
                      (int{has_keeps_terminal<NamedParts>} + ... + 0) <= 1 &&
                      (int{has_notifies<NamedParts>} + ... + 0) <= 1,
                  "daemonkit: two parts of the preset are of the same family: name one");

    template <class Derived>
    using daemon = basic_daemon<Derived, typename part_of<ForkPolicy, is_fork, NamedParts...>::type,
                                typename part_of<PidPolicy, is_pid, NamedParts...>::type,
                                typename part_of<SignalPolicy, is_signal, NamedParts...>::type,
                                typename part_of<StdioPolicy, is_stdio, NamedParts...>::type,
                                typename part_of<NotifyPolicy, is_notify, NamedParts...>::type>;
};

template <class Derived, class DefaultPolicies, class... NamedParts>
using preset = typename combined<DefaultPolicies, NamedParts...>::template daemon<Derived>;

} // namespace daemonkit::detail
