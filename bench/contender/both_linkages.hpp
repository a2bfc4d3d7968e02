// SPDX-License-Identifier: BSL-1.0
// The limit and ours, dynamically and statically linked: a ratio is only about code between two that are linked alike.
#pragma once

#include "support/contender.hpp"
#include "support/report.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace bench {

/// The first of all contenders of a question, in this order.
[[nodiscard]] inline std::vector<contender> both_linkages()
{
    std::vector<contender> all;
    for (const char* name : {"by_hand_linked_alike", "ours", "by_hand", "by_hand_static", "ours_static"})
        all.push_back(built(name));
    return all;
}

/// Calls goal(ours, by_hand, linkage) with the medians of both pairs; `all` begins as both_linkages() does.
template <class Goal>
void compare_linked_alike(const std::vector<contestant>& all, Goal goal)
{
    struct pair
    {
        std::size_t ours, by_hand;
        const char* linkage;
    };
    for (const auto& [ours, by_hand, linkage] :
         std::array<pair, 2>{{{1, 0, "linked alike"}, {4, 3, "both linked statically"}}})
        if (all[ours].result.runs > 0 && all[by_hand].result.runs > 0)
            goal(all[ours].result.median, all[by_hand].result.median, linkage);
}

} // namespace bench
