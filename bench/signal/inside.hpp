// SPDX-License-Identifier: BSL-1.0
// What happens inside one process, by Google Benchmark, its repetitions in random order.
#pragma once

#include "support/report.hpp"

#include <string>
#include <vector>

namespace bench {

struct timed_step
{
    std::string name{};
    sample nanoseconds{};
};

struct inside_figures
{
    std::vector<timed_step> looking{};  ///< by hand, and wait_for(0s)
    std::vector<timed_step> stopping{}; ///< a load, and stop_requested(), where the policy has it
};

/// Inside run() of a daemon with this policy, beside the same by hand. `pid_file` is the daemon's while it lasts.
[[nodiscard]] inside_figures inside_signalfd_signals(const std::string& pid_file);
[[nodiscard]] inside_figures inside_self_pipe_signals(const std::string& pid_file);
[[nodiscard]] inside_figures inside_flag_signals(const std::string& pid_file);

/// Once, before all others.
void prepare_inside();

} // namespace bench
