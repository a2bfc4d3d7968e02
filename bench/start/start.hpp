// SPDX-License-Identifier: BSL-1.0
// Parts of the question that need no clock.
#pragma once

#include "support/process.hpp"
#include "support/report.hpp"

/// User instructions from main() to ready.
void count_instructions(bench::report& report, const bench::temporary_directory& directory);

/// System calls from main() to ready, and the guarantee each is for.
void count_system_calls(bench::report& report, const bench::temporary_directory& directory);
