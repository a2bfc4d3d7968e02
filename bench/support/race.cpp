// SPDX-License-Identifier: BSL-1.0
#include "support/race.hpp"

#include <algorithm>
#include <numeric>
#include <random>
#include <stdexcept>
#include <utility>

namespace bench {

void in_random_order(std::size_t rounds, const std::vector<std::function<void()>>& actions)
{
    static std::mt19937 random(std::random_device{}());
    std::vector<std::size_t> order(actions.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::size_t round = 0; round < rounds; ++round) {
        std::shuffle(order.begin(), order.end(), random);
        for (const auto i : order) actions[i]();
    }
}

void race::entrant::once()
{
    const auto values = wanted ? measure_once() : std::vector<double>{};
    if (!values.empty() && values.size() != samples.size())
        throw std::logic_error("an entrant does not measure what it said");
    for (std::size_t i = 0; i < samples.size(); ++i) samples[i].add(values.empty() ? no_value : values[i]);
}

std::size_t race::add(measure measure_once, std::size_t quantities)
{
    entrants_.push_back({std::move(measure_once), std::vector<sample>(quantities)});
    return entrants_.size() - 1;
}

bool race::choose(const std::vector<ratio_goal>& goals)
{
    bool any = false;
    for (auto& one : entrants_) one.wanted = false;
    for (const auto& goal : goals) {
        if (judge(ratio(goal), goal.limit, goal.at_most) != verdict::cannot_be_told) continue;
        entrants_.at(goal.ours).wanted = entrants_.at(goal.other).wanted = any = true;
    }
    return any;
}

void race::batch(std::size_t rounds)
{
    std::vector<std::function<void()>> actions;
    for (auto& one : entrants_) actions.emplace_back([&one] { one.once(); });
    in_random_order(rounds, actions);
}

void race::run(const plan& until, const std::vector<ratio_goal>& goals)
{
    for (auto& one : entrants_) static_cast<void>(one.measure_once()); // the first time is longer
    const auto end = now() + until.budget;
    auto rounds = until.least;
    auto began = now();
    batch(rounds);
    for (auto all = rounds; choose(goals) && now() < end; all += rounds) {
        // Of as many as fit: what is left of the budget by what the last batch took, which had as many entrants or more.
        const auto of_one = std::max(nanoseconds(1), (now() - began) / static_cast<nanoseconds::rep>(rounds));
        rounds = std::min(all, static_cast<std::size_t>((end - now()) / of_one));
        if (rounds < 1 + all / 8) break; // they would change nothing
        began = now();
        batch(rounds);
    }
}

} // namespace bench
