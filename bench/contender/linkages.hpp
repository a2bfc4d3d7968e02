// SPDX-License-Identifier: BSL-1.0
// C by hand, C with the same guarantees (the reference) and ours, dynamically and statically linked: a ratio is only
// about code between two that are linked alike.
#pragma once

#include "support/contender.hpp"
#include "support/report.hpp"

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace bench {

struct linkage
{
    const char* name;
    const char* by_hand;
    const char* reference;
    const char* ours;
};

inline constexpr linkage linkages[] = {{"dynamic", "by_hand_linked_alike", "by_hand_guarded", "ours"},
                                       {"static", "by_hand_static", "by_hand_guarded_static", "ours_static"}};

/// What tables call these programs; others by their own name.
[[nodiscard]] inline std::string name_in_tables(const std::string& name)
{
    if (name == "by_hand") return "C by hand, dynamic, the C library only";
    if (name == "libdaemon_linked_alike") return "libdaemon, with the libraries of daemonkit";
    if (name == "libdaemon_static") return "libdaemon, static";
    for (const auto& [linked, by_hand, reference, ours] : linkages) {
        const auto how = std::string(", ") + linked;
        if (name == by_hand) return "C by hand" + how;
        if (name == reference) return "C with the same guarantees" + how;
        if (name == ours) return "daemonkit" + how;
    }
    if (!name.starts_with("ours_") && !name.starts_with("idle_")) return name;
    auto text = "daemonkit with " + name.substr(5);
    if (text.ends_with("_static")) text.replace(text.rfind('_'), 1, ", ");
    return text;
}

[[nodiscard]] inline std::vector<contender> of_both_linkages()
{
    std::vector<contender> all;
    for (const auto& l : linkages)
        for (const char* name : {l.by_hand, l.reference, l.ours}) all.push_back(built(name));
    return all;
}

/// Those in a race, by the names of their programs. Those that were not built are not there.
class field
{
public:
    explicit field(race& all) : race_(all) {}

    std::size_t add(const std::string& name, race::measure measure, std::size_t quantities = 1)
    {
        return numbers_[name] = race_.add(std::move(measure), quantities);
    }
    [[nodiscard]] bool has(const std::string& name) const { return numbers_.contains(name); }
    [[nodiscard]] std::size_t number(const std::string& name) const { return numbers_.at(name); }
    [[nodiscard]] const sample* values(const std::string& name, std::size_t quantity = 0) const
    {
        const auto found = numbers_.find(name);
        return found != numbers_.end() ? &race_.of(found->second, quantity) : nullptr;
    }

    /// Ours against the reference, in both linkages.
    [[nodiscard]] std::vector<ratio_goal> against_the_reference(const std::string& what, double bound,
                                                                bool at_most = true, std::size_t quantity = 0) const
    {
        std::vector<ratio_goal> goals;
        for (const auto& l : linkages)
            if (has(l.ours) && has(l.reference))
                goals.push_back({what, l.name, number(l.ours), number(l.reference), bound, at_most, quantity, ""});
        return goals;
    }

    /// What the guarantees cost: the reference against C by hand, in both linkages.
    void add_costs(report& to, const std::string& what, std::size_t quantity = 0) const
    {
        for (const auto& l : linkages)
            if (has(l.by_hand) && has(l.reference))
                to.add_cost({what, l.name, ratio_of(*values(l.reference, quantity), *values(l.by_hand, quantity))});
    }

private:
    race& race_;
    std::map<std::string, std::size_t> numbers_{};
};

} // namespace bench
