// SPDX-License-Identifier: BSL-1.0
// What the verb status adds for a daemon with a PidPolicy that knows more than a pid.
#pragma once

#include "require_cxx20.hpp"

#include <string>
#include <utility>
#include <vector>

namespace daemonkit {

/// What PidPolicy::details() returns.
struct status_details
{
    std::string text{}; ///< for people, at the end of a sentence: "standing by for host h1 (token 2)"; empty: nothing
    std::vector<std::pair<std::string, std::string>> values{}; ///< for programs: names and values
};

} // namespace daemonkit
