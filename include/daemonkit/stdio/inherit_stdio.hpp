// SPDX-License-Identifier: BSL-1.0
// For daemons in the foreground: output goes to the terminal, the log of a container, or the journal.
#pragma once

#include "../core/require_cxx20.hpp"

#include "concept.hpp"

namespace daemonkit {

/// StdioPolicy: standard input, output and error stay those of the process that called start().
struct inherit_stdio
{
    static constexpr bool keeps_terminal = true;
    static constexpr bool reopens = false;

    [[nodiscard]] fixed_streams redirect() const noexcept { return {}; }
};

} // namespace daemonkit
