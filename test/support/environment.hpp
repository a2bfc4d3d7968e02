// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdlib>
#include <string>

/// The value of an environment variable; `otherwise` if it is not set.
inline std::string environment_variable(const char* name, const char* otherwise = "")
{
    const char* const value = std::getenv(name);
    return value != nullptr ? value : otherwise;
}
