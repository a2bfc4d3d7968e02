// SPDX-License-Identifier: BSL-1.0
// What one wait that ends without an event takes of the processor, by hand and with each policy.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace bench {

struct wait_cost
{
    std::string name{};
    double instructions = 0; ///< of the process itself, those of the C library and the vDSO included
    double calls = 0;        ///< to the kernel
};

/// wait_for(1ms), by hand first.
[[nodiscard]] std::vector<wait_cost> wait_costs();

} // namespace bench
