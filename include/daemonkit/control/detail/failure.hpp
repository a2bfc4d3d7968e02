// SPDX-License-Identifier: BSL-1.0
// Turning an exception into a result.
#pragma once

#include "../../compiled.hpp"
#include "../../core/startup_error.hpp"
#include "../control_result.hpp"

#include <exception>
#include <system_error>

namespace daemonkit::detail {

/// The text of an exception, which may be empty.
[[nodiscard]] inline const char* reason_of(const std::exception& e) noexcept
{
    return *e.what() != '\0' ? e.what() : "no reason given";
}

/// The exit status and the text of an exception: that of a startup_error, otherwise 1.
DAEMONKIT_INLINE control_result failure(const std::exception& e);

/// The errno of an exception; 0 if there is none.
DAEMONKIT_INLINE int error_number(const std::exception& e) noexcept;

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE control_result failure(const std::exception& e)
{
    const auto* known = dynamic_cast<const startup_error*>(&e);
    return {known != nullptr ? known->status() : exit_status::error, 0, reason_of(e)};
}

DAEMONKIT_INLINE int error_number(const std::exception& e) noexcept
{
    if (const auto* known = dynamic_cast<const std::system_error*>(&e))
        if (known->code().category() == std::system_category() || known->code().category() == std::generic_category())
            return known->code().value();
    return 0;
}

#endif

} // namespace daemonkit::detail
