// SPDX-License-Identifier: BSL-1.0
// The limit and ours, dynamically and statically linked: a ratio is only about code between two that are linked alike.
#pragma once

#include "support/contender.hpp"
#include "support/report.hpp"

#include <algorithm>
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

/// The same, followed by those by hand that guarantee what ours does.
[[nodiscard]] inline std::vector<contender> both_linkages_and_guarded()
{
    auto all = both_linkages();
    for (const char* name : {"by_hand_guarded", "by_hand_guarded_static"}) all.push_back(built(name));
    return all;
}

/// Calls goal(ours / by hand, what by hand is, linkage) with the medians of each pair that was measured.
template <class Goal>
void compare_linked_alike(const std::vector<contestant>& all, Goal goal)
{
    struct pair
    {
        const char *ours, *by_hand, *what, *linkage;
    };
    constexpr pair pairs[] = {
        {"ours", "by_hand_linked_alike", "by_hand", "linked alike"},
        {"ours_static", "by_hand_static", "by_hand", "both linked statically"},
        {"ours", "by_hand_guarded", "by_hand with our guarantees", "linked alike"},
        {"ours_static", "by_hand_guarded_static", "by_hand with our guarantees", "both linked statically"}};
    const auto median = [&all](const char* name) {
        const auto found = std::ranges::find(all, name, &contestant::name);
        return found != all.end() ? found->result.median : 0;
    };
    for (const auto& [ours, by_hand, what, linkage] : pairs)
        if (median(ours) > 0 && median(by_hand) > 0) goal(median(ours) / median(by_hand), std::string(what), linkage);
}

} // namespace bench
