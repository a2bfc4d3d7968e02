// SPDX-License-Identifier: BSL-1.0
// What one wait takes of the processor, by hand and with each policy: one that ends without an event, and one that a
// signal ends. By hand is the same way to hear a signal, for USR1, TERM and INT; the reference keeps what daemonkit
// promises there, too (waits_by_hand.hpp).
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace bench {

struct processor_cost
{
    double instructions = 0; ///< of the process itself, those of the C library and the vDSO included
    double calls = 0;        ///< to the kernel
};

struct wait_cost
{
    std::string policy{};
    std::string call{}; ///< wait_for() without an event; wait() with USR1, the call that sends it included
    processor_cost by_hand{};
    processor_cost reference{};
    processor_cost ours{};
};

[[nodiscard]] std::vector<wait_cost> wait_costs();

} // namespace bench
