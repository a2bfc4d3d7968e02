// SPDX-License-Identifier: BSL-1.0
// Contenders are measured interleaved: in each round each of them once, in random order, so that whatever else the
// machine does meets all of them alike. What counts is the median; the quartiles say how far to trust it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <numeric>
#include <random>
#include <vector>

namespace bench {

struct figure
{
    double median = 0;
    double low = 0;  ///< first quartile
    double high = 0; ///< third quartile
    std::size_t runs = 0;
};

/// Values of one contender.
class sample
{
public:
    void add(double value) { values_.push_back(value); }

    /// The value below which this part of all lies; 0 if there are none.
    [[nodiscard]] double quantile(double part) const
    {
        if (values_.empty()) return 0;
        auto sorted = values_;
        std::sort(sorted.begin(), sorted.end());
        const double at = part * static_cast<double>(sorted.size() - 1);
        const auto below = static_cast<std::size_t>(at);
        const auto above = std::min(below + 1, sorted.size() - 1);
        return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
    }

    [[nodiscard]] figure result() const { return {quantile(0.5), quantile(0.25), quantile(0.75), values_.size()}; }

private:
    std::vector<double> values_;
};

/// Calls each of `actions` once a round, in an order of its own each round; for those that collect several values.
inline void in_random_order(int rounds, const std::vector<std::function<void()>>& actions)
{
    std::mt19937 random(std::random_device{}());
    std::vector<std::size_t> order(actions.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (int round = 0; round < rounds; ++round) {
        std::shuffle(order.begin(), order.end(), random);
        for (const auto i : order) actions[i]();
    }
}

/// What each of `measures` returns, in `rounds` rounds after one that is not counted.
inline std::vector<figure> interleaved(int rounds, const std::vector<std::function<double()>>& measures)
{
    std::vector<sample> samples(measures.size());
    std::vector<std::function<void()>> actions;
    bool counts = false;
    for (std::size_t i = 0; i < measures.size(); ++i)
        actions.push_back([&, i] {
            const double value = measures[i]();
            if (counts) samples[i].add(value);
        });
    in_random_order(1, actions);
    counts = true;
    in_random_order(rounds, actions);
    std::vector<figure> figures;
    for (const auto& s : samples) figures.push_back(s.result());
    return figures;
}

} // namespace bench
