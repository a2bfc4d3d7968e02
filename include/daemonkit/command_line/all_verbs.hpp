// SPDX-License-Identifier: BSL-1.0
// The verbs of several classes as one: `using more_verbs = daemonkit::all_verbs<artefacts, lease_verbs>;`.
#pragma once

#include "../core/require_cxx20.hpp"

#include "verb_call.hpp"

#include <array>
#include <cstddef>
#include <iterator>
#include <string>

namespace daemonkit {

/// Classes with verbs, as verb_call.hpp describes them. Of two verbs with the same name the first is executed.
template <class... VerbClasses>
struct all_verbs
{
    /// The verbs of all.
    static constexpr auto verbs = [] {
        std::array<verb_help, (std::size(VerbClasses::verbs) + ...)> all{};
        std::size_t count = 0;
        const auto add = [&](const auto& some) {
            for (const auto& one : some) all[count++] = one;
        };
        (add(VerbClasses::verbs), ...);
        return all;
    }();

    /// Executes the verb by the class that has it.
    template <class Derived>
    [[nodiscard]] static int carry_out(const verb_call<Derived>& call)
    {
        int status = 0;
        const auto has = [&]<class VerbClass>() {
            for (const auto& one : VerbClass::verbs)
                if (call.asked == one.name) {
                    status = VerbClass::carry_out(call);
                    return true;
                }
            return false;
        };
        (has.template operator()<VerbClasses>() || ...);
        return status;
    }

    /// The JSON of the verb for settings that cannot be made; empty: it has none.
    [[nodiscard, gnu::cold]] static std::string no_settings_json(const verb& asked, const std::string& reason)
    {
        std::string text;
        const auto ask = [&]<class VerbClass>() {
            if constexpr (requires { VerbClass::no_settings_json(asked, reason); })
                if (text.empty()) text = VerbClass::no_settings_json(asked, reason);
        };
        (ask.template operator()<VerbClasses>(), ...);
        return text;
    }
};

} // namespace daemonkit
