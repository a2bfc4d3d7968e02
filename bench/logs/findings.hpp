// SPDX-License-Identifier: BSL-1.0
// Whether every line of a log is there once and whole, over all the files that it was rotated into.
#pragma once

#include <string>

namespace bench::logs {

struct findings
{
    int files = 0;
    long lost = 0;    ///< in no file as a whole line
    long doubled = 0; ///< whole, and there already
    long torn = 0;    ///< pieces that are no whole line

    findings& operator+=(const findings& other);
    [[nodiscard]] long all() const { return lost + doubled + torn; }
};

/// `lines` lines, numbered from 1, of writer.h; every file of the directory but those that programs keep for
/// themselves.
[[nodiscard]] findings look_through(const std::string& directory, long lines);

} // namespace bench::logs
