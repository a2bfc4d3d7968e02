// SPDX-License-Identifier: BSL-1.0
// What the values of some rounds say: a median, a ratio with its interval, and whether a goal is met by that.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <vector>

namespace bench {

inline constexpr double no_value = std::numeric_limits<double>::quiet_NaN();

struct figure
{
    double median = 0;
    double low = 0;  ///< first quartile
    double high = 0; ///< third quartile
    std::size_t runs = 0;
};

/// The value below which this part of `values` lies; 0 if there are none. Reorders them.
[[nodiscard]] inline double quantile_of(std::vector<double>& values, double part)
{
    if (values.empty()) return 0;
    const double at = part * static_cast<double>(values.size() - 1);
    const auto below = values.begin() + static_cast<std::ptrdiff_t>(at);
    std::nth_element(values.begin(), below, values.end());
    if (below + 1 == values.end() || at == std::floor(at)) return *below;
    const double above = *std::min_element(below + 1, values.end());
    return *below == above ? *below : *below + (at - std::floor(at)) * (above - *below); // both may be infinite
}

/// Values of one contender: one a round, `no_value` for a round in which it did not take part.
class sample
{
public:
    void add(double value) { rounds_.push_back(value); }
    /// Up to here all contenders have taken part. Medians are of these rounds, so that they can be compared with each
    /// other; ratios are of all rounds.
    void close() { common_ = rounds_.size(); }

    [[nodiscard]] double quantile(double part) const
    {
        auto values = measured();
        return quantile_of(values, part);
    }
    [[nodiscard]] figure result() const
    {
        auto values = measured();
        return {quantile_of(values, 0.5), quantile_of(values, 0.25), quantile_of(values, 0.75), values.size()};
    }
    [[nodiscard]] const std::vector<double>& rounds() const noexcept { return rounds_; }
    [[nodiscard]] std::vector<double> measured() const
    {
        std::vector<double> values(rounds_.begin(),
                                   rounds_.begin() + static_cast<std::ptrdiff_t>(std::min(common_, rounds_.size())));
        std::erase_if(values, [](double value) { return std::isnan(value); });
        return values;
    }

private:
    std::vector<double> rounds_;
    std::size_t common_ = std::numeric_limits<std::size_t>::max();
};

/// A value, and where it lies with a probability of 95 %.
struct interval
{
    double value = no_value;
    double low = no_value;
    double high = no_value;
    std::size_t rounds = 0;
};

/// What is counted, not measured.
[[nodiscard]] inline interval exactly(double value) { return {value, value, value, 1}; }

/// The median of `values` with its bootstrap interval: percentiles of the medians of resamples (Efron and Tibshirani,
/// An Introduction to the Bootstrap, 13.3). The seed is fixed: the same values give the same interval. Fewer than six
/// values say nothing with 95 %: their interval is that of all numbers, unless they are equal.
[[nodiscard]] inline interval median_with_interval(std::vector<double> values)
{
    constexpr std::size_t resamples = 1000;
    const auto count = values.size();
    if (count == 0) return {};
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    if (*least == *most) return {*least, *least, *least, count};
    constexpr double infinity = std::numeric_limits<double>::infinity();
    if (count < 6) return {quantile_of(values, 0.5), -infinity, infinity, count};

    std::mt19937_64 random(1); // NOLINT(*-msc51-cpp): the seed is to be the same
    std::vector<double> medians;
    std::vector<double> drawn(count);
    for (std::size_t i = 0; i < resamples; ++i) {
        for (auto& value : drawn) value = values[random() % count];
        medians.push_back(quantile_of(drawn, 0.5));
    }
    return {quantile_of(values, 0.5), quantile_of(medians, 0.025), quantile_of(medians, 0.975), count};
}

/// The median of the ratios of each round. A machine that becomes slower for some seconds slows both contenders of a
/// round, so their ratio stays; the ratio of two medians would not have that. A time that is too short to be seen is 0:
/// then the ratio is infinite, and counts as the largest.
[[nodiscard]] inline interval ratio_of(const sample& one, const sample& other)
{
    std::vector<double> ratios;
    for (std::size_t i = 0; i < std::min(one.rounds().size(), other.rounds().size()); ++i)
        if (const double ratio = one.rounds()[i] / other.rounds()[i]; !std::isnan(ratio)) ratios.push_back(ratio);
    return median_with_interval(std::move(ratios));
}

enum class verdict { met, missed, cannot_be_told };

/// A goal is met if the whole interval meets it, and missed if no part of the interval does.
[[nodiscard]] inline verdict judge(const interval& measured, double bound, bool at_most = true)
{
    const double sign = at_most ? 1 : -1;
    const double best = std::min(sign * measured.low, sign * measured.high);
    const double worst = std::max(sign * measured.low, sign * measured.high);
    if (worst <= sign * bound) return verdict::met;
    return best > sign * bound ? verdict::missed : verdict::cannot_be_told;
}

} // namespace bench
