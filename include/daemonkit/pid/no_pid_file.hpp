// SPDX-License-Identifier: BSL-1.0
// No identity: the parent of the daemon, a service manager, knows its pid.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../sys/raw/removal.hpp"
#include "concept.hpp"

#include <array>

namespace daemonkit {

/// No identity: stop(), reload() and status() do not compile.
struct no_pid_file
{
    static constexpr bool records_pid = false; ///< find() and where() do not exist

    /// Owns nothing.
    struct guard
    {
        void publish(pid_t) noexcept {}                                         ///< does nothing
        void take_over() noexcept {}                                            ///< does nothing
        [[nodiscard]] static sys::raw_removal removal() noexcept { return {}; } ///< nothing is removed
        void release() noexcept {}                                              ///< does nothing
        [[nodiscard]] static constexpr std::array<int, 1> descriptors() noexcept { return {-1}; } ///< none stays open
        [[nodiscard]] static constexpr int lost_fd() noexcept { return -1; } ///< -1: it cannot be lost
        static constexpr bool keep() noexcept { return true; }               ///< true: it cannot be lost
    };

    [[nodiscard]] guard claim() const noexcept { return {}; } ///< never fails
};

} // namespace daemonkit
