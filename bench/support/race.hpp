// SPDX-License-Identifier: BSL-1.0
// Contenders are measured in rounds: in each round each of them once, in random order, so that whatever else the
// machine does meets all of them alike. Rounds are added until each goal can be told, or a budget is spent.
#pragma once

#include "support/process.hpp"
#include "support/statistics.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace bench {

/// Calls each of `actions` once a round, in an order of its own each round.
void in_random_order(std::size_t rounds, const std::vector<std::function<void()>>& actions);

/// How long a race lasts.
struct plan
{
    std::size_t least = 30; ///< rounds of all entrants
    nanoseconds budget{};   ///< for all rounds, the first ones too, which are run in any case
};

/// An entrant of a race against another one, in one quantity.
struct ratio_goal
{
    std::string what{};
    std::string variant{}; ///< of goals with the same `what`: "dynamic", "static"
    std::size_t ours = 0;
    std::size_t other = 0;
    double limit = 1;
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
    std::size_t add(measure measure_once, std::size_t quantities = 1);

    /// Rounds in batches: the first of plan.least, and each further one doubles their number, for the entrants of goals
    /// that cannot be told. Few looks at the intervals, so that none of them is taken by chance.
    void run(const plan& until, const std::vector<ratio_goal>& goals = {});

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

        void once();
    };

    /// False if all goals can be told.
    bool choose(const std::vector<ratio_goal>& goals);
    void batch(std::size_t rounds);

    std::deque<entrant> entrants_{};
};

} // namespace bench
