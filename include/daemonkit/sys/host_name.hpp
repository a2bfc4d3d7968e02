// SPDX-License-Identifier: BSL-1.0
// The name of this host.
#pragma once

#include <sys/utsname.h>

#include <string>

namespace daemonkit::sys {

/// As uname(2) has it.
[[nodiscard]] inline std::string host_name()
{
    utsname found = {};
    return ::uname(&found) == 0 ? found.nodename : "";
}

} // namespace daemonkit::sys
