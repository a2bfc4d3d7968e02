// SPDX-License-Identifier: BSL-1.0
// A setting without a default. C++ lets an initializer leave out any member that can be default-constructed. So this
// default constructor exists as a template, and names the missing setting if it is instantiated.
#pragma once

#include "require_cxx20.hpp"

#include <type_traits>
#include <utility>

namespace daemonkit {

namespace detail {
template <class...>
inline constexpr bool given = false;
}

/// A `T` that must be given in the settings; leaving it out does not compile.
template <class T>
struct required_setting : T
{
    /// From its value.
    template <class ValueType>
        requires(std::is_constructible_v<T, ValueType> &&
                 !std::is_same_v<std::remove_cvref_t<ValueType>, required_setting>)
    required_setting(ValueType&& value)
        : T(std::forward<ValueType>(value)) // NOLINT(*-explicit-*): a setting is written as its value
    {
    }

    template <class MissingSetting = void>
    required_setting()
    {
        static_assert(
            detail::given<T, MissingSetting>,
            "daemonkit: a required setting is missing: the path of the pid file, .pid = {.path = ...}, or the "
            "output of the log file, .stdio = {.output = ...}");
    }
};

} // namespace daemonkit
