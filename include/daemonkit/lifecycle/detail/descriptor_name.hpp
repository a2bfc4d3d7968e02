// SPDX-License-Identifier: BSL-1.0
// The names of descriptors that a service manager stores, sd_notify(3), FDNAME.
#pragma once

#include "../../compiled.hpp"

#include <stdexcept>
#include <string_view>

namespace daemonkit::detail {

/// Throws std::invalid_argument unless a service manager accepts the name.
DAEMONKIT_INLINE void check_descriptor_name(std::string_view name);

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE void check_descriptor_name(std::string_view name)
{
    bool allowed = !name.empty() && name.size() <= 255;
    for (const char c : name) allowed = allowed && c >= ' ' && c < 127 && c != ':';
    if (!allowed)
        throw std::invalid_argument("daemonkit: the name of a stored descriptor is 1 to 255 printable characters of "
                                    "ASCII, none of them a colon");
}

#endif

} // namespace daemonkit::detail
