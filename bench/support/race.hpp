// SPDX-License-Identifier: BSL-1.0
// Contenders are measured in rounds: in each round each of them once, in random order, so that whatever else the
// machine does meets all of them alike. Rounds are added until each goal can be told, or a budget is spent.
#pragma once

#include "statistics.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace bench {

/// Calls each of `actions` once a round, in an order of its own each round.
inline void in_random_order(std::size_t rounds, const std::vector<std::function<void()>>& actions)
{
    static std::mt19937 random(std::random_device{}());
    std::vector<std::size_t> order(actions.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::size_t round = 0; round < rounds; ++round) {
        std::shuffle(order.begin(), order.end(), random);
        for (const auto i : order) actions[i]();
    }
}

/// How long a race lasts.
struct plan
{
    std::size_t least = 30;            ///< rounds of all entrants, which are run in any case
    std::chrono::nanoseconds budget{}; ///< for all rounds
};

/// An entrant of a race against another one, in one quantity.
struct ratio_goal
{
    std::string what{};
    std::string variant{}; ///< of goals with the same `what`: "dynamic", "static"
    std::size_t ours = 0;
    std::size_t other = 0;
    double bound = 1;
    bool at_most = true; ///< else at least
    std::size_t quantity = 0;
    std::string remark{};
};

class race
{
public:
    /// One value for each quantity. None: this entrant does not take part in this round.
    using measure = std::function<std::vector<double>()>;

    /// Its number. It must measure the same number of quantities each time.
    std::size_t add(measure measure_once, std::size_t quantities = 1)
    {
        entrants_.push_back({std::move(measure_once), std::vector<sample>(quantities)});
        return entrants_.size() - 1;
    }

    /// Rounds in batches: the first of until.least, and each further one doubles their number, for the entrants of
    /// goals that cannot be told. The intervals are looked at few times, so that none is taken by chance.
    /// `lay_programs` is called before each round: how fast a program is depends on where it lies in memory.
    void
    run(const plan& until, const std::vector<ratio_goal>& goals = {}, const std::function<void()>& lay_programs = [] {})
    {
        using clock = std::chrono::steady_clock;
        for (auto& one : entrants_) static_cast<void>(one.measure_once()); // the first time is longer
        auto began = clock::now();
        const auto end = began + until.budget;
        auto rounds = until.least;
        batch(rounds, lay_programs);
        for (auto& one : entrants_)
            for (auto& values : one.samples) values.close();
        for (auto all = rounds; choose(goals) && clock::now() < end; all += rounds) {
            // As many as fit into what is left of the budget, if one takes as long as in the last batch.
            const auto of_one = std::max(std::chrono::nanoseconds(1),
                                         (clock::now() - began) / static_cast<std::chrono::nanoseconds::rep>(rounds));
            rounds = std::min(all, static_cast<std::size_t>(
                                       std::max<std::chrono::nanoseconds::rep>(0, (end - clock::now()) / of_one)));
            if (rounds < 1 + all / 8) break; // they would change nothing
            began = clock::now();
            batch(rounds, lay_programs);
        }
    }

    [[nodiscard]] const sample& of(std::size_t number, std::size_t quantity = 0) const
    {
        return entrants_.at(number).samples.at(quantity);
    }
    [[nodiscard]] interval ratio(const ratio_goal& goal) const
    {
        return ratio_of(of(goal.ours, goal.quantity), of(goal.other, goal.quantity));
    }

private:
    struct entrant
    {
        measure measure_once;
        std::vector<sample> samples;
        bool wanted = true;

        void once()
        {
            const auto values = wanted ? measure_once() : std::vector<double>{};
            if (!values.empty() && values.size() != samples.size())
                throw std::logic_error("an entrant does not measure what it said");
            for (std::size_t i = 0; i < samples.size(); ++i) samples[i].add(values.empty() ? no_value : values[i]);
        }
    };

    /// Wants the entrants of goals that cannot be told. False if there are none.
    bool choose(const std::vector<ratio_goal>& goals)
    {
        bool any = false;
        for (auto& one : entrants_) one.wanted = false;
        for (const auto& goal : goals) {
            if (judge(ratio(goal), goal.bound, goal.at_most) != verdict::cannot_be_told) continue;
            entrants_.at(goal.ours).wanted = entrants_.at(goal.other).wanted = any = true;
        }
        return any;
    }

    void batch(std::size_t rounds, const std::function<void()>& lay_programs)
    {
        std::vector<std::function<void()>> actions;
        for (auto& one : entrants_) actions.emplace_back([&one] { one.once(); });
        for (; rounds > 0; --rounds) {
            lay_programs();
            in_random_order(1, actions);
        }
    }

    std::deque<entrant> entrants_{};
};

} // namespace bench
