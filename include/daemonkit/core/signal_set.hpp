// SPDX-License-Identifier: BSL-1.0
// A set of signals as one number.
#pragma once

#include "require_cxx20.hpp"

#include <signal.h>

#include <cstdint>
#include <span>

namespace daemonkit {

/// A set of signals. At compile time, and in a signal handler.
class signal_set
{
public:
    constexpr signal_set() = default; ///< none
    /// These. Numbers that no signal has are left out.
    constexpr explicit signal_set(std::span<const int> signals) noexcept
    {
        for (const int signal : signals)
            if (signal > 0 && signal < _NSIG) bits_ |= bit(signal);
    }
    /// From bits().
    constexpr explicit signal_set(std::uint64_t bits) noexcept : bits_(bits) {}

    [[nodiscard]] constexpr bool contains(int signal) const noexcept { return (bits_ & bit(signal)) != 0; } ///< whether
    [[nodiscard]] constexpr std::uint64_t bits() const noexcept { return bits_; } ///< bit N-1 for signal N

    /// The bit of a signal.
    [[nodiscard]] static constexpr std::uint64_t bit(int signal) noexcept
    {
        return std::uint64_t{1} << static_cast<unsigned>(signal - 1);
    }

private:
    std::uint64_t bits_ = 0;
};

} // namespace daemonkit
