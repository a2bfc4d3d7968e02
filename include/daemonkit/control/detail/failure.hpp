// SPDX-License-Identifier: BSL-1.0
// An exception as a result.
#pragma once

#include "../../core/startup_error.hpp"
#include "../control_result.hpp"

#include <exception>

namespace daemonkit::detail {

/// The exit status that an exception means, and its text.
inline control_result failure(const std::exception& e)
{
    const auto* known = dynamic_cast<const startup_error*>(&e);
    return {known != nullptr ? known->status() : exit_status::error, 0, e.what()};
}

} // namespace daemonkit::detail
