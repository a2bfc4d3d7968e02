// SPDX-License-Identifier: BSL-1.0
// doctor: the priorities that the daemon sets, and that its user may not set unless the unit does before.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../compiled.hpp"
#include "unit_sandbox.hpp"
#include "unit_view.hpp"

#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

namespace daemonkit::detail {

/// The capability that a process needs for a setting, by its name in systemd.exec(5); null: none.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE const char* capability_for(std::string_view name, const std::string& value);

/// Whether the daemon has the capability in this unit.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE bool has_capability(const unit_view& v, std::string_view capability);

/// Whether the unit gives what the daemon sets, so that the daemon changes nothing, or a limit that allows it.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE bool gives(const unit_view& v, std::string_view name,
                                                     const std::string& wanted);

[[gnu::cold]] DAEMONKIT_INLINE void check_priorities(const unit_view& v);

inline constexpr unit_rule priority_rules[] = {
    {"Nice OOMScoreAdjust CPUSchedulingPolicy CPUSchedulingPriority IOSchedulingClass LimitNICE LimitRTPRIO "
     "AmbientCapabilities",
     nullptr, check_priorities},
    {"RestrictRealtime", reads_truth,
     [](const unit_view& v) {
         if (v.f.real_time && v.is_set("RestrictRealtime"))
             v.wrong("RestrictRealtime", severity::error, "it refuses the scheduling policy that the daemon sets",
                     "remove the line");
     }},
};

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE const char* capability_for(std::string_view name, const std::string& value)
{
    if (name == "OOMScoreAdjust") return value.starts_with('-') ? "CAP_SYS_RESOURCE" : nullptr;
    const bool needed = name == "Nice"                  ? value.starts_with('-')
                        : name == "CPUSchedulingPolicy" ? has_word("fifo rr", value)
                        : name == "IOSchedulingClass"   ? has_word("1 realtime", value)
                                                        : false;
    return needed ? "CAP_SYS_NICE" : nullptr;
}

DAEMONKIT_INLINE bool has_capability(const unit_view& v, std::string_view capability)
{
    const auto is_it = [&](auto word) { return word == capability; };
    const auto user = v.unit.expanded(v.value("User"));
    const bool root = user.empty() ? !v.has_dynamic_user() : is_same_user(user, "root");
    const auto* const bounds = v.unit.last({"CapabilityBoundingSet"});
    if (bounds != nullptr &&
        (v.unit.all(bounds->key).empty() || refusing_line(v.unit, "CapabilityBoundingSet", false, is_it) != nullptr))
        return false;
    return root || (!v.unit.all("AmbientCapabilities").empty() &&
                    refusing_line(v.unit, "AmbientCapabilities", false, is_it) == nullptr);
}

DAEMONKIT_INLINE bool gives(const unit_view& v, std::string_view name, const std::string& wanted)
{
    const auto number = [&](std::string_view key) { return std::atoi(v.value(key).c_str()); };
    const auto limit = [&](std::string_view key) {
        return v.value(key) == "infinity" ? 99 : std::atoi(v.value(key).c_str());
    };
    if (name == "Nice" && v.value("LimitNICE").starts_with('-'))
        return number("LimitNICE") <= std::atoi(wanted.c_str());
    if (name == "Nice" && 20 - limit("LimitNICE") <= std::atoi(wanted.c_str())) return true;
    if (name == "Nice" || name == "OOMScoreAdjust") return number(name) <= std::atoi(wanted.c_str());
    if (name != "CPUSchedulingPolicy") return false; // ioprio_set(2) asks for the capability each time
    const auto priority = std::atoi(v.f.attribute("CPUSchedulingPriority").c_str());
    return limit("LimitRTPRIO") >= priority || (v.value(name) == wanted && number("CPUSchedulingPriority") >= priority);
}

DAEMONKIT_INLINE void check_priorities(const unit_view& v)
{
    for (const auto& [key, value] : v.f.attributes) {
        const std::string_view name = key;
        const auto* const capability = capability_for(name, value);
        if (capability == nullptr || has_capability(v, capability) || gives(v, name, value)) continue;
        auto advice = sys::joined({"set ", name, "=", value});
        if (name == "IOSchedulingClass")
            advice = sys::joined({"add AmbientCapabilities=", capability, " and CapabilityBoundingSet=", capability});
        if (name == "CPUSchedulingPolicy")
            advice += " and CPUSchedulingPriority=" + v.f.attribute("CPUSchedulingPriority");
        const bool is_low = name == "CPUSchedulingPolicy" && v.value(name) == value;
        v.wrong(is_low ? "CPUSchedulingPriority" : name, severity::error,
                sys::joined({"the daemon sets ", is_low ? v.f.attribute("CPUSchedulingPriority") : value,
                             ", and its user may not"}),
                std::move(advice));
    }
}

#endif

} // namespace daemonkit::detail
