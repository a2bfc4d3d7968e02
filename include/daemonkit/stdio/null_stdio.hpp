// SPDX-License-Identifier: BSL-1.0
// For daemons that log by syslog or not at all. The descriptors 0, 1 and 2 stay open: otherwise the next file or socket
// would get one of these numbers, and printf(3) in a library would write to it.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../compiled.hpp"
#include "../core/startup_error.hpp"
#include "../sys/descriptors.hpp"
#include "../sys/file.hpp"
#include "concept.hpp"

namespace daemonkit {

/// StdioPolicy: standard input, output and error are /dev/null.
struct null_stdio
{
    static constexpr bool keeps_terminal = false; ///< 0, 1 and 2 leave the terminal
    static constexpr bool reopens = false;        ///< a reload opens nothing again

    /// In the daemon. Throws startup_error.
    [[nodiscard]] fixed_streams redirect() const;
};

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE fixed_streams null_stdio::redirect() const
{
    const sys::unique_fd null(check_call(sys::open("/dev/null", O_RDWR), "open", "/dev/null"));
    for (int fd = 0; fd <= 2; ++fd)
        detail::check_call_of("dup2", sys::put_on(null.get(), fd), "redirect standard descriptors");
    return {};
}

#endif

} // namespace daemonkit
