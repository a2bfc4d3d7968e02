// SPDX-License-Identifier: BSL-1.0
// No identity: the parent of the daemon, a service manager, knows its pid.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../sys/raw/removal.hpp"
#include "concept.hpp"

#include <array>

namespace daemonkit {

struct no_pid_file
{
    static constexpr bool records_pid = false;

    struct guard
    {
        void publish(pid_t) noexcept {}
        void take_over() noexcept {}
        [[nodiscard]] static sys::raw_removal removal() noexcept { return {}; }
        void release() noexcept {}
        [[nodiscard]] static constexpr std::array<int, 1> descriptors() noexcept { return {-1}; }
        [[nodiscard]] static constexpr int lost_fd() noexcept { return -1; }
        static constexpr bool keep() noexcept { return true; }
    };

    [[nodiscard]] guard claim() const noexcept { return {}; }
};

} // namespace daemonkit
