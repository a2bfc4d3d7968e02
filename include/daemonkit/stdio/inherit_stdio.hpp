// SPDX-License-Identifier: BSL-1.0
// For daemons in the foreground: output goes to the terminal, the log of a container, or the journal.
#pragma once

#include "../core/require_cxx20.hpp"

#include "concept.hpp"

namespace daemonkit {

/// StdioPolicy: standard input, output and error stay those of the process that called start().
struct inherit_stdio
{
    static constexpr bool keeps_terminal = true; ///< 0, 1 and 2 stay the caller's
    static constexpr bool reopens = false;       ///< a reload opens nothing again

    [[nodiscard]] fixed_streams redirect() const noexcept { return {}; } ///< in the daemon; does nothing
};

} // namespace daemonkit
