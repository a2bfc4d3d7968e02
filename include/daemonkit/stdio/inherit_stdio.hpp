// SPDX-License-Identifier: BSL-1.0
// Standard input, output and error stay the caller's: the terminal, a container's log, the journal.
#pragma once

#include "../core/require_cxx20.hpp"

#include "concept.hpp"

namespace daemonkit {

struct inherit_stdio
{
    static constexpr bool keeps_terminal = true;
    static constexpr bool reopens = false;

    [[nodiscard]] fixed_streams redirect() const noexcept { return {}; }
};

} // namespace daemonkit
