// SPDX-License-Identifier: BSL-1.0
// The two halves of the question.
#pragma once

#include "support/report.hpp"

/// Many daemons, each with a pid file of its own: one after another, and eight at a time.
void compare_throughput(bench::report& report);

/// Many starts of one daemon at the same time. From here on this process is the parent of all that is left behind.
void compare_storms(bench::report& report);
