// SPDX-License-Identifier: BSL-1.0
// A condition that must hold for every input: the fuzzer keeps an input for which it does not.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <source_location>

inline void require(bool holds, const std::source_location where = std::source_location::current())
{
    if (holds) return;
    std::fprintf(stderr, "%s:%u: does not hold\n", where.file_name(), static_cast<unsigned>(where.line()));
    std::abort();
}
