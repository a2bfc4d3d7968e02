// SPDX-License-Identifier: BSL-1.0
// What a verb costs apart from time. Counted is what all processes of a start do from main() of the first to the exit
// of those that exit and to readiness of the daemon (contender/mark.h marks both). What the libraries do before main()
// belongs to the linkage, not to the code.
#pragma once

#include "support/contender.hpp"

#include <map>
#include <string>
#include <vector>

namespace bench {

struct system_call
{
    int process = 0; ///< 0 the launcher, 1 its child, 2 the next that was made…
    std::string name{};
    std::string text{}; ///< as strace(1) writes it, result included
};

/// By strace -f, in the order in which they began. The contender must have the marks.
[[nodiscard]] std::vector<system_call> system_calls(const contender& who, const std::string& pid_file);

/// User instructions, by single-stepping every process (ptrace(2)). So they are those of this very processor, and of
/// the program as it is: valgrind knows neither pidfd_open(2) (3.19) nor shared memory between processes, and
/// performance counters are not to be had in most virtual machines. Symbols are bound before main() (LD_BIND_NOW).
[[nodiscard]] long user_instructions(const contender& who, const std::string& pid_file);

/// Those of a start by the mark before them, "for: …" of contender/guards.h; without a mark under "".
[[nodiscard]] std::map<std::string, long> user_instructions_by_mark(const contender& who, const std::string& pid_file);

/// Those of a verb that leaves nothing running: from main() to its exit.
[[nodiscard]] long user_instructions_of_verb(const words& verb, const std::string& pid_file);

} // namespace bench
