// SPDX-License-Identifier: BSL-1.0
// Parts of the question that need no clock.
#pragma once

#include "contender/verb_race.hpp"

/// User instructions and system calls from main() to ready and to the exit of the launcher.
void count_starts(bench::verb_table& to, const bench::temporary_directory& directory);

/// Which guarantee needs which system calls, and which of ours are for none.
void name_guarantees(bench::report& to, const bench::temporary_directory& directory);
